// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <zlib.h>

#include "gzip.h"

#define GZIP_WINDOW (15 + 16)	/* zlib: the largest window, and gzip's header */

/* "gzip;q=0" is a refusal: what is within [@from, @end) */
static bool is_refused(const char *from, const char *end)
{
	const char *q = from;

	while (q < end && *q != ';')
		q++;
	for (q += q < end; q < end && (*q == ' ' || *q == '\t'); q++)
		;
	if (end - q < 3 || strncasecmp(q, "q=0", 3))
		return false;
	for (q += 3; q < end && (*q == '0' || *q == '.' || *q == ' '); q++)
		;
	return q == end;
}

/* What is said of gzip itself counts more than what is said of "*" */
bool gzip__accepted(const char *accept_encoding)
{
	const char *at = accept_encoding, *end;
	bool any = false;

	while (at && *at) {
		at += strspn(at, " \t,");
		end = at + strcspn(at, ",");
		if (!strncasecmp(at, "gzip", 4) && strchr(" \t;,", at[4]))
			return !is_refused(at, end);
		if (*at == '*')
			any = !is_refused(at, end);
		at = end;
	}
	return any;
}

/* Level 1: text of this kind becomes a tenth with it, and not much less with more work */
int gzip__pack(const char *in, size_t len, char **out, size_t *outlen)
{
	z_stream z = { 0 };
	int ret;

	if (deflateInit2(&z, 1, Z_DEFLATED, GZIP_WINDOW, 8, Z_DEFAULT_STRATEGY) != Z_OK)
		return -ENOMEM;
	z.avail_out = deflateBound(&z, len);
	*out = malloc(z.avail_out);
	z.next_out = (Bytef *)*out;
	z.next_in = (Bytef *)(uintptr_t)in;
	z.avail_in = len;
	ret = *out && deflate(&z, Z_FINISH) == Z_STREAM_END ? 0 : -ENOMEM;
	*outlen = z.total_out;
	deflateEnd(&z);
	if (ret) {
		free(*out);
		*out = NULL;
	}
	return ret;
}
