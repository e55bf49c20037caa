/* SPDX-License-Identifier: GPL-2.0-only */
/* Memory for many small things that all end at once. */
#ifndef ATCQ_METRICS_ARENA_H
#define ATCQ_METRICS_ARENA_H

#include <stddef.h>

struct arena_block;

/* Starts out zeroed */
struct arena { struct arena_block *first, *current; };

void *arena__new(struct arena *a, size_t size);	/* not zeroed, aligned for anything; NULL: no memory */
void arena__clear(struct arena *a);		/* all of them are gone; the memory is kept */
void arena__free(struct arena *a);

#endif
