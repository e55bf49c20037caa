/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef ATCQ_WEB_GZIP_H
#define ATCQ_WEB_GZIP_H

#include <stdbool.h>
#include <stddef.h>

/* Does an Accept-Encoding header (NULL: none) allow gzip? */
bool gzip__accepted(const char *accept_encoding);

/* @out: malloc()ed. 0 or -ENOMEM */
int gzip__pack(const char *in, size_t len, char **out, size_t *outlen);

#endif
