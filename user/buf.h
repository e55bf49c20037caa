/* SPDX-License-Identifier: GPL-2.0-only */
/* Bytes that grow. A failed allocation is remembered, so that only the end has to ask. */
#ifndef ATCQ_BUF_H
#define ATCQ_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/* Starts out zeroed */
struct buf {
	char *data;		/* not terminated; owned, free with buf__free() */
	size_t len, room;
	bool failed;		/* out of memory: what is there is not all */
};

/* Room for @more bytes behind the last one, and where they go; NULL: failed */
char *buf__grow(struct buf *b, size_t more);

static inline char *buf__reserve(struct buf *b, size_t more)
{
	return b->room - b->len >= more ? b->data + b->len : buf__grow(b, more);
}

static inline void buf__add(struct buf *b, const void *data, size_t len)
{
	char *at = buf__reserve(b, len);

	if (at) {
		memcpy(at, data, len);
		b->len += len;
	}
}

void buf__printf(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Forgets what is in it and keeps the memory */
static inline void buf__clear(struct buf *b)
{
	b->len = 0;
	b->failed = false;
}

void buf__free(struct buf *b);

#endif
