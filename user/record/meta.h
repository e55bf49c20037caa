/* SPDX-License-Identifier: GPL-2.0-only */
/* What a recording is of: the JSON in its first record, and as a struct. */
#ifndef ATCQ_RECORD_META_H
#define ATCQ_RECORD_META_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <atcq/recording.h>

#include "source/inventory.h"

struct meta {
	char atcq[64];		/* version that wrote it */
	char boot_id[37];
	char kernel[65];	/* uname -r */
	char build[65];		/* uname -v */
	char machine[65];	/* uname -m */
	char host[65];		/* uname -n */
	char source[32];	/* source__kind_name() */
	char tracepoints[1024];	/* those that were there, with a space in between */
	uint32_t phases;	/* that can be told: a bit for each enum phase */
	bool every_sync;
	uint32_t cpus;		/* 0: not known */
	uint64_t start_ns;	/* CLOCK_BOOTTIME */
	struct inventory inv;	/* when the recording began */
};

/* Fills in what this machine and this boot are; the rest is left alone */
void meta__here(struct meta *m);

/* A record that the caller must free(); NULL: out of memory, or too many devices */
struct atcq_rec_prefix *meta__encode(const struct meta *m);

/* 0, -EBADMSG (it makes no sense; @m is empty then) or -ENOMEM; meta__free() in any case */
int meta__decode(const struct atcq_rec_prefix *rec, struct meta *m);
void meta__free(struct meta *m);

#endif
