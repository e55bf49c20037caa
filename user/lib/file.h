/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Files as a whole: read, replaced, flushed. And writing formats in which some characters
 * have a meaning: HTML, CSV, JSON lines.
 */
#ifndef ATCQ_LIB_FILE_H
#define ATCQ_LIB_FILE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

/*
 * Reads all of @path, or of @in. 0, -EFBIG if it has more than @limit bytes, or -errno.
 * A NUL follows the *len bytes of *text, which the caller frees.
 */
int file__read(const char *path, size_t limit, char **text, size_t *len);
int file__read_stream(FILE *in, size_t limit, char **text, size_t *len);

/* Flushes @out; 0, or -errno if any write to it failed */
int file__flush(FILE *out);

#define FILE_DURABLE		1	/* on the disk before the rename */
/* No other process writes the file: the temporary file is always .NAME.tmp */
#define FILE_SOLE_WRITER	2

/*
 * Writes a temporary file in the same folder and renames it to @path, so that readers see
 * the old content or the new one. @mode is used as it is, without the umask. 0 or -errno.
 */
int file__replace(const char *path, const void *data, size_t len, mode_t mode, unsigned int flags);

/*
 * For HTML text and quoted attributes alike. Invalid UTF-8 and control characters,
 * which HTML does not allow, are written as U+FFFD.
 */
void html__text(FILE *out, const char *text);

/* One CSV field: in quotes, which are doubled inside, if RFC 4180 requires it */
void csv__field(FILE *out, const char *text);

/* Writes @template and calls @part for each {{name}} in it; a name has at most 31 letters */
void template__fill(FILE *out, const char *template, void (*part)(void *ctx, const char *name), void *ctx);

/* @value, or null if @known is false; the caller owns it */
json_t *json__number_or_null(bool known, uint64_t value);

/* Writes @obj as one line and drops it; 0 or -errno */
int json__line(FILE *out, json_t *obj);

#endif
