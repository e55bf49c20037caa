/* SPDX-License-Identifier: GPL-2.0-only */
/* Blocks on their way from who records to the thread that writes: internal to the writer. */
#ifndef ATCQ_RECORD_CHUNKS_H
#define ATCQ_RECORD_CHUNKS_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CHUNKS	64	/* 4 MiB of records wait at most */

struct chunk {
	uint8_t *raw;
	size_t size, room;
	uint32_t events, records;
	uint64_t first_ns, last_ns;
};

/* A ring of which [take, put) is waiting to be written */
struct chunks {
	struct chunk chunk[CHUNKS];
	size_t put, take;
	bool closed;
	pthread_mutex_t lock;
	pthread_cond_t changed;
};

void chunks__init(struct chunks *c);
void chunks__destroy(struct chunks *c);

/* The one that is being filled; waits while all others wait to be written */
struct chunk *chunks__filling(struct chunks *c);
/* Room for @n more bytes; 0 or -ENOMEM */
int chunk__reserve(struct chunk *chunk, size_t n);
/* It is full */
void chunks__put(struct chunks *c);
/* None will come any more */
void chunks__close(struct chunks *c);

/* The oldest that waits to be written; waits for one. NULL: closed, and none is left */
struct chunk *chunks__take(struct chunks *c);
/* That one is written. true: others wait already */
bool chunks__done(struct chunks *c);

#endif
