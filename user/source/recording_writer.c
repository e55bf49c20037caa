// SPDX-License-Identifier: GPL-2.0-only
/* Writes recordings: passes blocks from the recording thread to the writing thread. */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "recording.h"

#define CHUNKS	64	/* 4 MiB of records wait at most */

struct chunk {
	uint8_t *raw;
	size_t size, capacity;
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

static void chunks__init(struct chunks *c)
{
	memset(c, 0, sizeof(*c));
	pthread_mutex_init(&c->lock, NULL);
	pthread_cond_init(&c->changed, NULL);
}

static void chunks__destroy(struct chunks *c)
{
	for (size_t i = 0; i < CHUNKS; i++)
		free(c->chunk[i].raw);
	pthread_cond_destroy(&c->changed);
	pthread_mutex_destroy(&c->lock);
}

/* The chunk that is being filled; waits while all others are to be written */
static struct chunk *chunks__filling(struct chunks *c)
{
	return &c->chunk[c->put % CHUNKS];
}

/* Makes space for @n more bytes; 0 or -ENOMEM */
static int chunk__reserve(struct chunk *chunk, size_t n)
{
	size_t needed = chunk->size + n;
	uint8_t *raw;

	if (needed <= chunk->capacity)
		return 0;
	raw = realloc(chunk->raw, needed);
	if (!raw)
		return -ENOMEM;
	chunk->raw = raw;
	chunk->capacity = needed;
	return 0;
}

/* Queues the full chunk for writing */
static void chunks__put(struct chunks *c)
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

/* No more chunks will follow */
static void chunks__close(struct chunks *c)
{
	pthread_mutex_lock(&c->lock);
	c->closed = true;
	pthread_cond_broadcast(&c->changed);
	pthread_mutex_unlock(&c->lock);
}

/* Waits for a chunk to write, the oldest first. NULL: closed, and none is left */
static struct chunk *chunks__take(struct chunks *c)
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

/* That chunk is written. true: others are waiting */
static bool chunks__done(struct chunks *c)
{
	bool more;

	pthread_mutex_lock(&c->lock);
	c->take++;
	more = c->put != c->take;
	pthread_cond_broadcast(&c->changed);
	pthread_mutex_unlock(&c->lock);
	return more;
}

struct recording_writer {
	struct chunks chunks;
	pthread_t thread;
	struct codec *codec;
	uint64_t given;		/* events, written or not */
	/* The thread owns the rest until it exits */
	int fd;
	bool own_file;
	struct atcq_rec_block head;
	struct recording_totals totals;
	atomic_int err;
};

static int write_all(int fd, const uint8_t *p, size_t n)
{
	while (n) {
		ssize_t done = write(fd, p, n);

		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return done ? -errno : -ENOSPC;
		p += done;
		n -= done;
	}
	return 0;
}

/* A file that cannot be synced, such as a pipe, needs no sync */
static int sync_file(const struct recording_writer *w)
{
	return !w->own_file || !fdatasync(w->fd) || errno == EINVAL ? 0 : -errno;
}

static int write_block(struct recording_writer *w, const struct chunk *chunk)
{
	const void *bytes;
	size_t len;
	int ret;

	w->head.events = chunk->events;
	w->head.records = chunk->records;
	w->head.first_ns = chunk->first_ns;
	w->head.last_ns = chunk->last_ns;
	ret = block__encode(w->codec, &w->head, chunk->raw, chunk->size, &bytes, &len);
	if (!ret)
		ret = write_all(w->fd, bytes, len);
	if (ret)
		return ret;
	w->head.seq++;
	w->head.index += chunk->events;
	w->totals.events += chunk->events;
	w->totals.blocks++;
	w->totals.bytes += len;
	return 0;
}

/* Truncates the block that a full disk took only in part */
static void drop_incomplete_block(struct recording_writer *w)
{
	/* Elsewhere, as in a pipe, a reader sees that the last block is truncated */
	if (w->own_file && !ftruncate(w->fd, w->totals.bytes))
		lseek(w->fd, w->totals.bytes, SEEK_SET);
}

static void *work(void *arg)
{
	struct recording_writer *w = arg;
	struct chunk *chunk;
	int ret = 0;

	while ((chunk = chunks__take(&w->chunks))) {
		if (!ret) {
			ret = write_block(w, chunk);
			if (ret)
				drop_incomplete_block(w);
		}
		/* One sync for all blocks that were added in the meantime */
		if (!chunks__done(&w->chunks) && !ret)
			ret = sync_file(w);
		if (ret)
			atomic_store(&w->err, ret);
	}
	return NULL;
}

int recording_writer__open(struct recording_writer **out, int fd, const uint8_t boot_id[16], bool own_file)
{
	struct recording_writer *w = calloc(1, sizeof(*w));
	sigset_t all, old;
	int ret = -ENOMEM;

	*out = NULL;
	if (!w)
		goto close_fd;
	w->codec = codec__new();
	if (!w->codec)
		goto free_writer;
	w->fd = fd;
	w->own_file = own_file;
	memcpy(w->head.boot_id, boot_id, 16);
	if (getrandom(&w->head.recording, sizeof(w->head.recording), 0) < 0)
		w->head.recording = (uintptr_t)w ^ getpid();
	chunks__init(&w->chunks);
	/* The thread that waits for events handles signals */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	ret = -pthread_create(&w->thread, NULL, work, w);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (ret)
		goto destroy_chunks;
	*out = w;
	return 0;

destroy_chunks:
	chunks__destroy(&w->chunks);
	codec__free(w->codec);
free_writer:
	free(w);
close_fd:
	close(fd);
	return ret;
}

static int put(struct recording_writer *w, const void *rec, size_t size, struct chunk **out)
{
	struct chunk *chunk = chunks__filling(&w->chunks);
	int ret = atomic_load_explicit(&w->err, memory_order_relaxed);

	if (ret)
		return ret;
	if (chunk->size && chunk->size + size > WRITER_BLOCK) {
		chunks__put(&w->chunks);
		chunk = chunks__filling(&w->chunks);
	}
	if (chunk->size + size > chunk->capacity) {
		ret = chunk__reserve(chunk, size > WRITER_BLOCK ? size : WRITER_BLOCK - chunk->size);
		if (ret)
			return ret;
	}
	memcpy(chunk->raw + chunk->size, rec, size);
	chunk->size += size;
	chunk->records++;
	*out = chunk;
	return 0;
}

int recording_writer__event(struct recording_writer *w, const struct atcq_event *ev)
{
	struct chunk *chunk;
	int ret = put(w, ev, sizeof(*ev), &chunk);

	w->given++;
	if (ret)
		return ret;
	if (!chunk->events++ || ev->time_ns < chunk->first_ns)
		chunk->first_ns = ev->time_ns;
	if (ev->time_ns > chunk->last_ns)
		chunk->last_ns = ev->time_ns;
	return 0;
}

int recording_writer__record(struct recording_writer *w, const struct atcq_rec_prefix *rec)
{
	struct chunk *chunk;

	return put(w, rec, rec->size, &chunk);
}

int recording_writer__flush(struct recording_writer *w)
{
	if (chunks__filling(&w->chunks)->size)
		chunks__put(&w->chunks);
	return atomic_load(&w->err);
}

/* Adds an end marker after an error: the disk may have space for that */
static void end_anyway(struct recording_writer *w, struct atcq_rec_end end)
{
	struct chunk chunk = { .raw = (uint8_t *)&end, .size = sizeof(end), .records = 1 };

	end.reason = ATCQ_REC_END_FULL;
	end.lost += end.events - w->totals.events;
	end.events = w->totals.events;
	if (write_block(w, &chunk))
		drop_incomplete_block(w);
	else
		sync_file(w);
}

int recording_writer__close(struct recording_writer *w, const struct atcq_rec_end *end, struct recording_totals *totals)
{
	struct atcq_rec_end last = *end;
	int ret;

	last.prefix = (struct atcq_rec_prefix){
		ATCQ_REC_RECORD_VERSION, ATCQ_REC_END, sizeof(last)
	};
	last.events = w->given;
	recording_writer__record(w, &last.prefix);
	recording_writer__flush(w);
	chunks__close(&w->chunks);
	pthread_join(w->thread, NULL);
	ret = atomic_load(&w->err);
	if (ret)
		end_anyway(w, last);
	if (close(w->fd) && !ret)
		ret = -errno;
	*totals = w->totals;
	chunks__destroy(&w->chunks);
	codec__free(w->codec);
	free(w);
	return ret;
}
