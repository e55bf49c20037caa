/* SPDX-License-Identifier: GPL-2.0-only */
/* Text: numbers and sizes from it, suggestions for misspelt words, UTF-8, shell quoting, a hash, a growing buffer, an arena. */
#ifndef ATCQ_LIB_TEXT_H
#define ATCQ_LIB_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* A whole number in decimal; 0, -EINVAL or -ERANGE */
int number__parse(const char *text, uint64_t *value);

struct unit {
	const char *suffix;
	uint64_t factor;
};

/* A whole number with one of @units behind it, which end with NULL; 0, -EINVAL or -ERANGE */
int number__with_unit(const char *text, const struct unit *units, uint64_t *out);

/* "4096", "512K", "64M", "1G", "2T", powers of 1024; 0, -EINVAL or -ERANGE */
int size__parse(const char *text, uint64_t *bytes);

/* The candidate that @word is most likely a misspelling of, or NULL; @candidates ends with NULL */
const char *text__suggest(const char *word, const char *const *candidates);

/* How many bytes the UTF-8 character at @text has; 0: it is not valid UTF-8 */
size_t utf8__length(const char *text);
/* Replaces each byte that is not part of valid UTF-8 by '?', in place */
void utf8__clean(char *text);

/*
 * Words (each ends with a NUL, @len bytes in all, as in /proc/PID/cmdline) as one line
 * that a shell splits into the same words. Cleaned; NULL: out of memory. The caller
 * frees it.
 */
char *shell__quote(const char *words, size_t len);

/*
 * FNV-1a: identifies content, without protection against forgery. Hashes are on disk
 * (case ids, configurations), so the values never change. Starts with a BASIS.
 */
#define FNV32_BASIS 2166136261u
#define FNV64_BASIS 14695981039346656037ull

static inline uint32_t fnv32__add(uint32_t hash, const void *data, size_t len)
{
	for (const unsigned char *p = data; len--; p++)
		hash = (hash ^ *p) * 16777619u;
	return hash;
}

static inline uint64_t fnv64__add(uint64_t hash, const void *data, size_t len)
{
	for (const unsigned char *p = data; len--; p++)
		hash = (hash ^ *p) * 1099511628211ull;
	return hash;
}

/*
 * Bytes that grow. A failed allocation is remembered, so that only the end has to be
 * checked. Starts out zeroed.
 */
struct buf {
	char *data;		/* not terminated; owned, free with buf__free() */
	size_t len, capacity;
	bool failed;		/* out of memory: the content is incomplete */
};

/* Makes space for @more bytes behind the last one, and returns where they go; NULL: failed */
char *buf__grow(struct buf *b, size_t more);

static inline char *buf__reserve(struct buf *b, size_t more)
{
	return b->capacity - b->len >= more ? b->data + b->len : buf__grow(b, more);
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

/* Empties it and keeps the memory */
static inline void buf__clear(struct buf *b)
{
	b->len = 0;
	b->failed = false;
}

void buf__free(struct buf *b);

/* Memory for many small objects that are freed together */
struct arena_block;

/* Starts out zeroed */
struct arena { struct arena_block *first, *current; };

void *arena__new(struct arena *a, size_t size);	/* not zeroed, aligned for anything; NULL: no memory */
void arena__clear(struct arena *a);		/* frees all of them and keeps the memory */
void arena__free(struct arena *a);

#endif
