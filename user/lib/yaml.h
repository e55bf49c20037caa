/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reads small YAML files into a tree with line and column of each node. Anchors, aliases,
 * tags and a second document are refused. Limits are enforced while reading, so that a
 * large file costs neither time nor memory.
 */
#ifndef ATCQ_LIB_YAML_H
#define ATCQ_LIB_YAML_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "log.h"

enum yaml_kind { YAML_SCALAR, YAML_LIST, YAML_MAP };

struct yaml_node {
	enum yaml_kind kind;
	bool plain;			/* YAML_SCALAR: without quotes */
	unsigned int line, column;	/* from 1 */
	char *text;			/* YAML_SCALAR, else NULL */
	struct yaml_node **item;	/* YAML_MAP: key, value, key, value, ...; keys are scalars */
	size_t n;
	const struct yaml_node *key;	/* of a value in a map, else NULL */
};

/* Fill in all but root; the strings are borrowed */
struct yaml {
	const char *path;		/* of the file, and in front of error messages */
	const char *what;		/* what the file is, in error messages: "scenario" */
	size_t max_bytes, max_depth, max_nodes;
	struct error *err;
	void *ctx;			/* the caller's */
	struct yaml_node *root;		/* NULL: the file is empty; freed by yaml__free() */
};

/*
 * All functions that return int return 0, -EINVAL with "PATH:LINE:COLUMN: ..." in y->err,
 * or -ENOMEM without; yaml__read() and yaml__parse() have an error message in any case.
 */

/* Reads y->path ("-": standard input); also -errno if that fails */
int yaml__read(struct yaml *y);
int yaml__parse(struct yaml *y, const char *text, size_t len);
void yaml__free(struct yaml *y);

/* @at: NULL is the top. Returns -EINVAL */
int yaml__fail(struct yaml *y, const struct yaml_node *at, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* The same, with ", did you mean '...'?" if @word is close to one of @names, which end with NULL */
int yaml__fail_word(struct yaml *y, const struct yaml_node *at, const char *word,
		    const char *const *names, const char *fmt, ...)
	__attribute__((format(printf, 5, 6)));

/* The value of a key, or NULL, also if @map is not a map */
const struct yaml_node *yaml__get(const struct yaml_node *map, const char *key);
/* "key:", "key: ~" and "key: null" */
bool yaml__is_null(const struct yaml_node *n);

/* Reads a value into @to */
typedef int (*yaml_fn)(struct yaml *y, const struct yaml_node *value, void *to);
struct yaml_key {
	const char *name;
	yaml_fn read;
};

/* Each value of the map @n by the table @keys, which ends with a NULL name; @what: "a step", may be NULL */
int yaml__map(struct yaml *y, const struct yaml_node *n, const char *what, const struct yaml_key *keys,
	      void *to);
int yaml__unknown_key(struct yaml *y, const struct yaml_node *key, const char *what, const char *const *names);

int yaml__text(struct yaml *y, const struct yaml_node *n, const char **out);	/* not empty, at most 2000 bytes */
int yaml__copy(struct yaml *y, const struct yaml_node *n, char **out);
int yaml__duration(struct yaml *y, const struct yaml_node *n, uint64_t min, uint64_t max, uint64_t *ns);
int yaml__number(struct yaml *y, const struct yaml_node *n, uint64_t min, uint64_t max, uint64_t *out);
int yaml__bool(struct yaml *y, const struct yaml_node *n, bool *out);		/* yes, no, true, false */

#endif
