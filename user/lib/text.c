// SPDX-License-Identifier: GPL-2.0-only
#include <ctype.h>
#include <errno.h>
#include <stdalign.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "text.h"

int number__parse(const char *text, uint64_t *value)
{
	char *end;

	if (!isdigit((unsigned char)text[0]))
		return -EINVAL;
	errno = 0;
	*value = strtoull(text, &end, 10);
	if (errno)
		return -ERANGE;
	return *end ? -EINVAL : 0;
}

int number__with_unit(const char *text, const struct unit *units, uint64_t *out)
{
	uint64_t value;
	char *end;

	if (!isdigit((unsigned char)text[0]))
		return -EINVAL;
	errno = 0;
	value = strtoull(text, &end, 10);
	if (errno)
		return -ERANGE;
	for (; units->suffix; units++) {
		if (strcmp(end, units->suffix))
			continue;
		return __builtin_mul_overflow(value, units->factor, out) ? -ERANGE : 0;
	}
	return -EINVAL;
}

int size__parse(const char *text, uint64_t *bytes)
{
	static const struct unit units[] = {
		{ "", 1 }, { "K", 1ull << 10 }, { "M", 1ull << 20 }, { "G", 1ull << 30 },
		{ "T", 1ull << 40 }, { NULL, 0 },
	};

	return number__with_unit(text, units, bytes);
}

static size_t distance(const char *a, const char *b)
{
	size_t la = strlen(a), lb = strlen(b), row[64], diag, up;

	if (la >= 64 || lb >= 64)
		return 64;
	for (size_t j = 0; j <= lb; j++)
		row[j] = j;
	for (size_t i = 1; i <= la; i++) {
		diag = row[0];
		row[0] = i;
		for (size_t j = 1; j <= lb; j++) {
			up = row[j];
			row[j] = a[i - 1] == b[j - 1] ? diag :
				 1 + (diag < up ? (diag < row[j - 1] ? diag : row[j - 1]) :
						  (up < row[j - 1] ? up : row[j - 1]));
			diag = up;
		}
	}
	return row[lb];
}

const char *text__suggest(const char *word, const char *const *candidates)
{
	const char *best = NULL;
	size_t least = 3, d;

	for (; *candidates; candidates++) {
		d = distance(word, *candidates);
		if (d < least) {
			least = d;
			best = *candidates;
		}
	}
	return best;
}

/* By RFC 3629, table 3-7 of Unicode */
size_t utf8__length(const char *text)
{
	const unsigned char *s = (const unsigned char *)text;
	unsigned char low = 0x80, high = 0xbf;
	size_t n;

	if (s[0] < 0x80)
		return 1;
	if (s[0] < 0xc2 || s[0] > 0xf4)
		return 0;
	n = s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : 4;
	if (s[0] == 0xe0)
		low = 0xa0;	/* else overlong */
	else if (s[0] == 0xed)
		high = 0x9f;	/* else a surrogate */
	else if (s[0] == 0xf0)
		low = 0x90;
	else if (s[0] == 0xf4)
		high = 0x8f;	/* else beyond U+10FFFF */
	if (s[1] < low || s[1] > high)
		return 0;
	for (size_t i = 2; i < n; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	return n;
}

void utf8__clean(char *text)
{
	for (char *s = text; *s;) {
		size_t n = utf8__length(s);

		if (!n)
			*s = '?';
		s += n ? n : 1;
	}
}

static void quote_word(FILE *out, const char *word)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+=./:,@%";

	if (*word && !word[strspn(word, plain)]) {
		fputs(word, out);
		return;
	}
	fputc('\'', out);
	for (; *word; word++) {
		if (*word == '\'')
			fputs("'\\''", out);
		else
			fputc(*word, out);
	}
	fputc('\'', out);
}

char *shell__quote(const char *words, size_t len)
{
	char *line = NULL;
	size_t size, n;
	FILE *out = open_memstream(&line, &size);

	if (!out)
		return NULL;
	for (size_t at = 0; at < len; at += n + 1) {
		n = strnlen(words + at, len - at);
		if (at + n == len)
			break;	/* truncated: no final NUL */
		if (at)
			fputc(' ', out);
		quote_word(out, words + at);
	}
	if (fclose(out)) {
		free(line);
		return NULL;
	}
	utf8__clean(line);
	return line;
}

#define BUF_LEAST	4096

char *buf__grow(struct buf *b, size_t more)
{
	size_t capacity = b->capacity ? b->capacity : BUF_LEAST;
	char *data;

	if (b->failed)
		return NULL;
	while (capacity - b->len < more)
		capacity *= 2;
	data = realloc(b->data, capacity);
	if (!data) {
		b->failed = true;
		return NULL;
	}
	b->data = data;
	b->capacity = capacity;
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

#define ARENA_BLOCK	65536

struct arena_block {
	struct arena_block *next;
	size_t used, size;
	alignas(max_align_t) char data[];
};

static struct arena_block *block(size_t size)
{
	struct arena_block *b = malloc(sizeof(*b) + size);

	if (b)
		*b = (struct arena_block){ .size = size };
	return b;
}

void *arena__new(struct arena *a, size_t size)
{
	struct arena_block **next = a->current ? &a->current->next : &a->first, *b;

	size = (size + alignof(max_align_t) - 1) & ~(alignof(max_align_t) - 1);
	if (!a->current || a->current->size - a->current->used < size) {
		/* Reuses a block that was kept, unless it is too small */
		if (!*next || (*next)->size < size) {
			b = block(size > ARENA_BLOCK ? size : ARENA_BLOCK);
			if (!b)
				return NULL;
			b->next = *next;
			*next = b;
		}
		a->current = *next;
		a->current->used = 0;
	}
	b = a->current;
	b->used += size;
	return b->data + b->used - size;
}

void arena__clear(struct arena *a)
{
	a->current = a->first;
	if (a->current)
		a->current->used = 0;
}

void arena__free(struct arena *a)
{
	for (struct arena_block *b = a->first, *next; b; b = next) {
		next = b->next;
		free(b);
	}
	a->first = a->current = NULL;
}
