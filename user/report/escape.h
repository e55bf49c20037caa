/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Text from outside (device names, drivers, command lines) on its way into a
 * form in which some characters mean something.
 */
#ifndef ATCQ_ESCAPE_H
#define ATCQ_ESCAPE_H

#include <stddef.h>
#include <stdio.h>

/*
 * For HTML text and quoted attributes alike. What is no UTF-8, and control
 * characters, which HTML does not allow, come out as U+FFFD.
 */
void html__text(FILE *out, const char *text);

/* One CSV field: in quotes, doubled inside, if RFC 4180 asks for it */
void csv__field(FILE *out, const char *text);

/* Replaces each byte that is not part of valid UTF-8 by '?', in place */
void utf8__clean(char *text);

/*
 * Words (each ends with a NUL, @len bytes in all, as in /proc/PID/cmdline) as one
 * line that a shell would take apart again. Cleaned; NULL: no memory. The caller frees it.
 */
char *shell__quote(const char *words, size_t len);

#endif
