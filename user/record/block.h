/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One block of a recording: records in memory to bytes on disk, and back.
 * include/atcq/recording.h has the layout. Pure: no I/O.
 */
#ifndef ATCQ_RECORD_BLOCK_H
#define ATCQ_RECORD_BLOCK_H

#include <stddef.h>
#include <stdint.h>

#include <atcq/recording.h>

/* The compressor's memory, kept from block to block. Not thread-safe. */
struct codec;

struct codec *codec__new(void);		/* NULL: out of memory */
void codec__free(struct codec *c);	/* NULL is fine */

/*
 * @h: what the caller knows: recording, seq, boot_id, index, first_ns, last_ns,
 * events, records; the rest is filled in. @out is the whole block, valid until
 * the next call with @c. 0, -E2BIG or -ENOMEM.
 */
int block__encode(struct codec *c, struct atcq_rec_block *h, const void *raw, size_t n,
		  const void **out, size_t *len);

/*
 * Is there a header at @p? 0: intact, and in @h; -EAGAIN: @n bytes are too few
 * to tell; -EBADMSG: none, or damaged; -EPROTONOSUPPORT: intact, of a version
 * or with flags that are not known here (@h is filled).
 */
int block__header(const void *p, size_t n, struct atcq_rec_block *h);

/* The records of a block; @raw is valid until the next call. 0, -EBADMSG or -ENOMEM */
int block__decode(struct codec *c, const struct atcq_rec_block *h, const void *payload,
		  const void **raw);

#endif
