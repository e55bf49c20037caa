/* SPDX-License-Identifier: GPL-2.0-only */
/* Recordings: their format, reading and writing them. include/atcq/recording.h has the layout. */
#ifndef ATCQ_SOURCE_RECORDING_H
#define ATCQ_SOURCE_RECORDING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <atcq/event.h>
#include <atcq/hist.h>
#include <atcq/recording.h>

#include "inventory.h"

/*
 * Blocks: records in memory to bytes on disk, and back. include/atcq/recording.h has
 * the layout. No I/O.
 */

/* The compressor's memory, kept from block to block. Not thread-safe. */
struct codec;

struct codec *codec__new(void);		/* NULL: out of memory */
void codec__free(struct codec *c);	/* NULL is fine */

/*
 * @h: the caller sets recording, seq, boot_id, index, first_ns, last_ns, events and
 * records; the rest is filled in. @out is the whole block, valid until the next call
 * with @c. 0, -E2BIG or -ENOMEM.
 */
int block__encode(struct codec *c, struct atcq_rec_block *h, const void *raw, size_t n,
		  const void **out, size_t *len);

/*
 * Is there a header at @p? 0: intact, and in @h; -EAGAIN: @n bytes are too few
 * to decide; -EBADMSG: none, or damaged; -EPROTONOSUPPORT: intact, of a version
 * or with flags that are not known here (@h is filled).
 */
int block__header(const void *p, size_t n, struct atcq_rec_block *h);

/* The records of a block; @raw is valid until the next call. 0, -EBADMSG or -ENOMEM */
int block__decode(struct codec *c, const struct atcq_rec_block *h, const void *payload,
		  const void **raw);

/* The records inside a block, whatever program wrote them: older, newer, or damaged */
struct records_fn {
	/* Each event, as this program knows it; 0, or -errno to stop */
	int (*event)(void *ctx, const struct atcq_event *ev);
	/*
	 * Any other record, of @rec->size bytes, which may be less than the type's
	 * struct has here: see record__get(). NULL: skips them.
	 */
	int (*other)(void *ctx, const struct atcq_rec_prefix *rec);
};

/*
 * Calls back for the records in @raw, which lies at an address that is a
 * multiple of 8. @unknown counts those of a newer version, which are
 * skipped. 0, what a callback returned, or -EBADMSG for malformed data (the records
 * before it have been delivered).
 */
int records__each(const void *raw, size_t n, const struct records_fn *fn, void *ctx,
		  uint64_t *unknown);

/*
 * Copies @rec to @out, which has @size bytes: fields that its writer did not
 * know are 0. false: it is no record of @type with at least @least bytes.
 */
bool record__get(const struct atcq_rec_prefix *rec, enum atcq_rec_type type, void *out,
		 size_t size, size_t least);

/*
 * Events as bytes that can be kept anywhere: blocks of a recording, without the file.
 * Return 0, or -errno to stop.
 */
typedef int (*event_blob_fn)(void *ctx, const struct atcq_event *ev);

/*
 * @boot_id: as /proc/sys/kernel/random/boot_id has it. @out is the caller's to
 * free(); no events give 0 bytes and NULL. 0, -EINVAL (the boot id) or -ENOMEM.
 */
int event_blob__encode(const struct atcq_event *ev, size_t n, const char *boot_id,
		  void **out, size_t *len);

/*
 * Calls @fn for each event in turn. 0, what @fn returned, -EBADMSG: damaged
 * (the readable events have been delivered), -EPROTONOSUPPORT: from a newer
 * version, or -ENOMEM.
 */
int event_blob__decode(const void *bytes, size_t len, event_blob_fn fn, void *ctx);

/* "6f1c...": 16 bytes in the order of the text, and back; -EINVAL if it is none */
int boot_id__parse(const char *text, uint8_t out[16]);
void boot_id__format(const uint8_t id[16], char out[37]);

/* What a recording keeps besides events, as records: clocks, counters, histograms. The three clocks, now */
void state__clock(struct atcq_rec_clock *out);

/* A histogram's record is at most this long */
#define STATE_HIST_MAX (sizeof(struct atcq_rec_hist) + ATCQ_HIST_BUCKETS * sizeof(struct atcq_rec_bucket))

/* Writes a record of @h to @out, which has STATE_HIST_MAX bytes; returns its size */
size_t state__hist_encode(const struct atcq_hist *h, uint32_t smmu, uint64_t time_ns, void *out);

/* false: it is no histogram, or it is inconsistent */
bool state__hist_decode(const struct atcq_rec_prefix *rec, struct atcq_hist *h, uint32_t *smmu,
			uint64_t *time_ns);

/* What a recording is of: the JSON in its first record, and as a struct */
struct meta {
	char atcq[64];		/* version that wrote it */
	char boot_id[37];
	char kernel[65];	/* uname -r */
	char build[65];		/* uname -v */
	char machine[65];	/* uname -m */
	char host[65];		/* uname -n */
	char source[32];	/* source__kind_name() */
	char tracepoints[1024];	/* those that existed, separated by spaces */
	uint32_t phases;	/* that the source can report: a bit for each enum phase */
	bool every_sync;
	uint32_t cpus;		/* 0: not known */
	uint64_t start_ns;	/* CLOCK_BOOTTIME */
	struct inventory inv;	/* when the recording began */
};

/* Fills in the fields of this machine and this boot only */
void meta__here(struct meta *m);

/* A record that the caller must free(); NULL: out of memory, or too many devices */
struct atcq_rec_prefix *meta__encode(const struct meta *m);

/* 0, -EBADMSG (it is malformed; @m is empty then) or -ENOMEM; meta__free() in any case */
int meta__decode(const struct atcq_rec_prefix *rec, struct meta *m);
void meta__free(struct meta *m);

/*
 * Reads a recording block by block from any readable descriptor, and skips damaged
 * blocks.
 */
struct recording_reader;

/* What was found so far */
struct recording_reader_status {
	uint64_t blocks, events;	/* read */
	uint64_t lost_blocks;		/* damaged or missing in between */
	uint64_t lost_events;		/* in those and in a truncated one, as far as known */
	uint64_t newer_blocks;		/* intact, of a format that is not known here */
	uint16_t newer_version;
	uint64_t tail;			/* bytes at the end that are no complete block */
	uint64_t bytes;			/* read in all */
	uint64_t foreign_at;		/* where another recording begins; 0 = nowhere */
	bool magic;			/* it begins like a recording */
};

/* @fd is closed by recording_reader__free(), also if this fails. 0 or -ENOMEM */
int recording_reader__open(struct recording_reader **out, int fd);
void recording_reader__free(struct recording_reader *r);	/* NULL is fine */

/*
 * The next intact block; both are valid until the next call. *@gap: events
 * are missing before it. 0, -ENODATA at the end, or the -errno of a read.
 */
int recording_reader__next(struct recording_reader *r, const struct atcq_rec_block **h, const void **raw, bool *gap);

const struct recording_reader_status *recording_reader__status(const struct recording_reader *r);

#define WRITER_BLOCK	(64u * 1024)	/* of records, before compression */

/*
 * Writes a recording. Records are collected in memory; a thread compresses, writes and
 * syncs them, so that the reader of a ring buffer does not wait for a disk. When the
 * disk is too slow, the caller waits, and the kernel counts the events that the full
 * ring buffer drops.
 *
 * One thread calls; the first error of the file stays, and ends the recording
 * at the last complete block.
 */
struct recording_writer;

/* In complete blocks */
struct recording_totals {
	uint64_t events, blocks, bytes;
};

/*
 * @fd is closed by recording_writer__close(), and also if this fails. @own_file: it is an
 * empty file, so that each block can be synced to survive a power loss, and a block
 * that a full disk took only in part can be truncated.
 */
int recording_writer__open(struct recording_writer **out, int fd, const uint8_t boot_id[16], bool own_file);

/* 0, or the first -errno of the file, after which records are dropped */
int recording_writer__event(struct recording_writer *w, const struct atcq_event *ev);
int recording_writer__record(struct recording_writer *w, const struct atcq_rec_prefix *rec);

/* Ends the current block, if anything is in it; to be called once a second */
int recording_writer__flush(struct recording_writer *w);

/*
 * Adds the end marker, with @end's time, lost, reason and status, waits until
 * all is on disk, and frees @w. 0, or the first -errno: the file then ends with
 * the last complete block, or even with an end marker (of reason FULL).
 */
int recording_writer__close(struct recording_writer *w, const struct atcq_rec_end *end, struct recording_totals *totals);

#endif
