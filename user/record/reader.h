/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reads a recording block by block, from anything that can be read, and finds
 * its way past what is damaged.
 */
#ifndef ATCQ_RECORD_READER_H
#define ATCQ_RECORD_READER_H

#include <stdbool.h>
#include <stdint.h>

#include <atcq/recording.h>

struct reader;

/* What was found so far */
struct reader_status {
	uint64_t blocks, events;	/* read */
	uint64_t lost_blocks;		/* damaged or missing in between */
	uint64_t lost_events;		/* in those, and in one that is cut, as far as known */
	uint64_t newer_blocks;		/* intact, of a format that is not known here */
	uint16_t newer_version;
	uint64_t tail;			/* bytes at the end that are no complete block */
	uint64_t bytes;			/* read in all */
	uint64_t foreign_at;		/* where another recording begins; 0 = nowhere */
	bool magic;			/* it begins like a recording */
};

/* @fd is closed by reader__free(), also if this fails. 0 or -ENOMEM */
int reader__open(struct reader **out, int fd);
void reader__free(struct reader *r);	/* NULL is fine */

/*
 * The next intact block; both are valid until the next call. *@gap: events
 * are missing before it. 0, -ENODATA at the end, or the -errno of a read.
 */
int reader__next(struct reader *r, const struct atcq_rec_block **h, const void **raw, bool *gap);

const struct reader_status *reader__status(const struct reader *r);

#endif
