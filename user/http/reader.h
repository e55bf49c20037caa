/* SPDX-License-Identifier: GPL-2.0-only */
/* What reading a web-config is made of.  All return 0, -EINVAL after yaml__fail(), or -ENOMEM. */
#ifndef ATCQ_HTTP_READER_H
#define ATCQ_HTTP_READER_H

#include <stdbool.h>

#include "yaml_file.h"

struct web_config;

struct reader {
	struct yaml_file y;
	struct web_config *c;
};

/* Takes the @value of @key, whose text is @name; of a list's item both are the item */
typedef int (*value_fn)(struct reader *r, const char *name, const yaml_node_t *key, const yaml_node_t *value);

struct row {
	const char *key;	/* NULL: the end */
	value_fn fn;
};

const yaml_node_t *reader__node(struct reader *r, int id);

/* "key:" and "key: ~" */
bool reader__is_nothing(const yaml_node_t *value);

/* "unknown WHAT 'NAME', did you mean ...?"; @names ends with NULL */
int reader__unknown(struct reader *r, const yaml_node_t *at, const char *what, const char *name,
		    const char *const *names);

/* Each pair of @map, nothing or a mapping, goes to @fn */
int reader__each_pair(struct reader *r, const char *what, const yaml_node_t *map, value_fn fn);
/* ... and each item of @list, nothing or a list of texts */
int reader__each_item(struct reader *r, const char *name, const yaml_node_t *list, value_fn fn);

/* Finds the row of a key, and calls it */
int reader__by_table(struct reader *r, const struct row *rows, const char *name, const yaml_node_t *key,
		     const yaml_node_t *value);

int reader__text(struct reader *r, const char *name, const yaml_node_t *value, const char **out);
int reader__bool(struct reader *r, const char *name, const yaml_node_t *value, bool *out);
/* A copy; nothing leaves @out as it is */
int reader__keep(struct reader *r, const char *name, const yaml_node_t *value, char **out);
/* The same of a path, made relative to the folder of the web-config */
int reader__keep_file(struct reader *r, const char *name, const yaml_node_t *value, char **out);

#endif
