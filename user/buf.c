// SPDX-License-Identifier: GPL-2.0-only
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "buf.h"

#define LEAST	4096

char *buf__grow(struct buf *b, size_t more)
{
	size_t room = b->room ? b->room : LEAST;
	char *data;

	if (b->failed)
		return NULL;
	while (room - b->len < more)
		room *= 2;
	data = realloc(b->data, room);
	if (!data) {
		b->failed = true;
		return NULL;
	}
	b->data = data;
	b->room = room;
	return data + b->len;
}

void buf__printf(struct buf *b, const char *fmt, ...)
{
	va_list ap, again;
	char *at;
	int n;

	va_start(ap, fmt);
	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, ap);
	at = n < 0 ? NULL : buf__reserve(b, n + 1);
	if (at) {
		vsnprintf(at, n + 1, fmt, again);
		b->len += n;
	}
	va_end(again);
	va_end(ap);
}

void buf__free(struct buf *b)
{
	free(b->data);
	memset(b, 0, sizeof(*b));
}
