/* SPDX-License-Identifier: GPL-2.0-only */
/* Writing files in formats in which some characters have a meaning: HTML, CSV, JSON lines. */
#ifndef ATCQ_LIB_FILE_H
#define ATCQ_LIB_FILE_H

#include <jansson.h>
#include <stdio.h>

/*
 * For HTML text and quoted attributes alike. Invalid UTF-8 and control characters,
 * which HTML does not allow, are written as U+FFFD.
 */
void html__text(FILE *out, const char *text);

/* One CSV field: in quotes, which are doubled inside, if RFC 4180 requires it */
void csv__field(FILE *out, const char *text);

/* Writes @template and calls @part for each {{name}} in it; a name has at most 31 letters */
void template__fill(FILE *out, const char *template, void (*part)(void *ctx, const char *name), void *ctx);

/* Writes @obj as one line and drops it; 0 or -errno */
int json__line(FILE *out, json_t *obj);

#endif
