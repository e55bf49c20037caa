/* SPDX-License-Identifier: GPL-2.0-only */
/* A small YAML file that a person wrote, read whole; what is wrong is told with line and column. */
#ifndef ATCQ_YAML_FILE_H
#define ATCQ_YAML_FILE_H

#include <stddef.h>
#include <yaml.h>

#define YAML_FILE_MAX (1 << 20)

struct yaml_file {
	const char *path;	/* borrowed */
	yaml_document_t doc;	/* valid after yaml_file__open() until yaml_file__close() */
	char *err;		/* borrowed: where sentences go */
	size_t errlen;
};

/*
 * Reads y->path ("-": standard input). @what it is goes into a complaint: "list of rules".
 * 0, -EINVAL with a sentence: it is no YAML, too long or too deep; else -errno, also with one.
 */
int yaml_file__open(struct yaml_file *y, const char *what);
void yaml_file__close(struct yaml_file *y);

/* "PATH:LINE:COLUMN: ..."; @at: NULL is the top. Returns -EINVAL */
int yaml__fail(struct yaml_file *y, const yaml_mark_t *at, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* Its text, or NULL if it is no scalar, or has a 0 in it */
const char *yaml__scalar(const yaml_node_t *node);

#endif
