/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What bpf/ counts per CPU beside the events; the only value of map "counters" */
#ifndef ATCQ_COUNTERS_H
#define ATCQ_COUNTERS_H

#include <linux/types.h>

/*
 * @lost: events that found no room in the ring buffer
 * @unseen: calls of a traced function whose begin or end was not seen (stock)
 * @unbinned: CMD_SYNCs of an SMMU whose index is beyond the histograms' array
 */
struct atcq_counters {
	__u64 cmd_syncs;
	__u64 cmd_sync_failures;
	__u64 gerrors;
	__u64 cmdq_errors;
	__u64 atc_invs;
	__u64 atc_suppressed;
	__u64 lost;
	__u64 unseen;
	__u64 unbinned;
};

_Static_assert(sizeof(struct atcq_counters) == 72, "counters layout is ABI");

#endif
