/* SPDX-License-Identifier: GPL-2.0-only */
/* What the kernel complains of in its log, from now on. */
#ifndef ATCQ_KMSG_H
#define ATCQ_KMSG_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/* A descriptor at the log's end, or -errno */
int kmsg__open(void);

/* The first warning, bug or oops since the last call, if any, goes to @line */
bool kmsg__splat(int fd, char *line, size_t len);

/* All lines since the last call, without what is before the text, are added to @lines */
void kmsg__lines(int fd, json_t *lines);

/* Is this line of the log the beginning of one? */
bool kmsg__is_splat(const char *line);

#endif
