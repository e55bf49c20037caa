/* SPDX-License-Identifier: GPL-2.0-only */
/* What is known of a recording that is being read: internal to user/source. */
#ifndef ATCQ_SOURCE_RECORDING_H
#define ATCQ_SOURCE_RECORDING_H

#include "impl.h"
#include "record/reader.h"

#define MAX_SMMUS	64	/* as in bpf/common.bpf.h */
#define MAX_CLOCKS	1024
#define CLOCK_STEP_NS	1000000ull

struct clock_pair {
	uint64_t boot_ns;
	uint64_t offset;	/* CLOCK_REALTIME - CLOCK_BOOTTIME, modulo 2^64 */
};

struct recording {
	struct reader *reader;
	bool over, has_meta, has_end_meta;
	struct meta end_meta;		/* with the devices as they were at the end */
	/* The block that was read when the source was opened, not handed over yet */
	const struct atcq_rec_block *head;
	const void *raw;
	bool gap;
	uint64_t first_ns, last_ns;	/* of what was handed over */
	uint64_t unknown, nonsense;
	struct atcq_rec_counters counters;
	struct atcq_rec_end end;
	struct atcq_hist *hist[MAX_SMMUS];
	struct clock_pair clock[MAX_CLOCKS];
	size_t nclocks;
};

extern const struct source_ops recorded_ops;

/* Reads a block to have at hand; 0, -ENODATA at the end, or -errno */
int recording__advance(struct recording *rec);

/* What the block at hand tells of the recording; its events are left for later */
int recording__look(struct source *src);

#endif
