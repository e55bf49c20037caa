// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "chunks.h"

void chunks__init(struct chunks *c)
{
	memset(c, 0, sizeof(*c));
	pthread_mutex_init(&c->lock, NULL);
	pthread_cond_init(&c->changed, NULL);
}

void chunks__destroy(struct chunks *c)
{
	for (size_t i = 0; i < CHUNKS; i++)
		free(c->chunk[i].raw);
	pthread_cond_destroy(&c->changed);
	pthread_mutex_destroy(&c->lock);
}

struct chunk *chunks__filling(struct chunks *c)
{
	return &c->chunk[c->put % CHUNKS];
}

int chunk__reserve(struct chunk *chunk, size_t n)
{
	size_t want = chunk->size + n;
	uint8_t *raw;

	if (want <= chunk->room)
		return 0;
	raw = realloc(chunk->raw, want);
	if (!raw)
		return -ENOMEM;
	chunk->raw = raw;
	chunk->room = want;
	return 0;
}

void chunks__put(struct chunks *c)
{
	struct chunk *next;

	pthread_mutex_lock(&c->lock);
	c->put++;
	pthread_cond_broadcast(&c->changed);
	while (c->put - c->take == CHUNKS)
		pthread_cond_wait(&c->changed, &c->lock);
	pthread_mutex_unlock(&c->lock);
	next = chunks__filling(c);
	next->size = 0;
	next->events = next->records = 0;
	next->first_ns = next->last_ns = 0;
}

void chunks__close(struct chunks *c)
{
	pthread_mutex_lock(&c->lock);
	c->closed = true;
	pthread_cond_broadcast(&c->changed);
	pthread_mutex_unlock(&c->lock);
}

struct chunk *chunks__take(struct chunks *c)
{
	struct chunk *chunk = NULL;

	pthread_mutex_lock(&c->lock);
	while (c->put == c->take && !c->closed)
		pthread_cond_wait(&c->changed, &c->lock);
	if (c->put != c->take)
		chunk = &c->chunk[c->take % CHUNKS];
	pthread_mutex_unlock(&c->lock);
	return chunk;
}

bool chunks__done(struct chunks *c)
{
	bool more;

	pthread_mutex_lock(&c->lock);
	c->take++;
	more = c->put != c->take;
	pthread_cond_broadcast(&c->changed);
	pthread_mutex_unlock(&c->lock);
	return more;
}
