/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What bpf/ counts per CPU: the keys of its map "counters", values are __u64 */
#ifndef ATCQ_COUNTERS_H
#define ATCQ_COUNTERS_H

enum atcq_counter {
	ATCQ_CNT_LOST,			/* events that found no room in the ring buffer */
	/* These three only of an SMMU that has no histogram: else they are in that */
	ATCQ_CNT_CMD_SYNCS,
	ATCQ_CNT_CMD_SYNC_FAILURES,
	ATCQ_CNT_ATC_INVS,
	ATCQ_CNT_GERRORS,
	ATCQ_CNT_CMDQ_ERRORS,
	ATCQ_CNT_ATC_SUPPRESSED,
	ATCQ_CNT_MAX
};

#endif
