// SPDX-License-Identifier: GPL-2.0-only
#include <stdalign.h>
#include <stdlib.h>

#include "arena.h"

#define BLOCK	65536

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
		/* One that is kept, unless it is too small for something large */
		if (!*next || (*next)->size < size) {
			b = block(size > BLOCK ? size : BLOCK);
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
