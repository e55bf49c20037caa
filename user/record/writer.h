/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Writes a recording. Records are gathered in memory; a thread compresses,
 * writes and syncs them, so that whoever drains a ring buffer does not wait for
 * a disk. When the disk cannot follow, the caller waits, and the kernel counts
 * what finds no room in the ring buffer.
 *
 * One thread calls; the first error of the file stays, and ends the recording
 * at the last complete block.
 */
#ifndef ATCQ_RECORD_WRITER_H
#define ATCQ_RECORD_WRITER_H

#include <stdbool.h>
#include <stdint.h>

#include <atcq/event.h>
#include <atcq/recording.h>

#define WRITER_BLOCK	(64u * 1024)	/* of records, before compression */

struct writer;

/* In complete blocks */
struct writer_totals {
	uint64_t events, blocks, bytes;
};

/*
 * @fd is closed by writer__close(), and also if this fails. @own_file: it is an
 * empty file, so that each block can be synced to survive a power loss, and what
 * a full disk took of half a block can be cut off again.
 */
int writer__open(struct writer **out, int fd, const uint8_t boot_id[16], bool own_file);

/* 0, or the first -errno of the file: what is given now is dropped */
int writer__event(struct writer *w, const struct atcq_event *ev);
int writer__record(struct writer *w, const struct atcq_rec_prefix *rec);

/* Ends the current block, if anything is in it; to be called once a second */
int writer__flush(struct writer *w);

/*
 * Adds the end marker, with @end's time, lost, reason and status, waits until
 * all is on disk, and frees @w. 0, or the first -errno: the file then ends with
 * the last complete block, or even with an end marker (of reason FULL).
 */
int writer__close(struct writer *w, const struct atcq_rec_end *end, struct writer_totals *totals);

#endif
