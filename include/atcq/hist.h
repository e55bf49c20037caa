/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Log-linear histogram of durations in ns: values below 32 have a bucket each,
 * above it every power of two is split into 32 equal buckets, so that a
 * bucket's width is at most 1/32 (3.2 %) of its value.  Values of 2^36 ns
 * (68 s) and more share the last bucket.
 */
#ifndef ATCQ_HIST_H
#define ATCQ_HIST_H

#include <linux/types.h>

#define ATCQ_HIST_SUB_BITS	5
#define ATCQ_HIST_SUB		(1u << ATCQ_HIST_SUB_BITS)
#define ATCQ_HIST_MAX_BITS	36
#define ATCQ_HIST_BUCKETS	((ATCQ_HIST_MAX_BITS - ATCQ_HIST_SUB_BITS + 1) * ATCQ_HIST_SUB)

/* One histogram, per CPU and SMMU in the kernel, summed in user space */
struct atcq_hist {
	__u64 count;
	__u64 sum_ns;
	__u64 max_ns;
	__u64 failed;
	__u64 bucket[ATCQ_HIST_BUCKETS];
	/* Of these, those that a CMDQ error held up or made fail */
	__u64 disturbed;
	__u64 disturbed_ns;
	__u64 atc_invs;		/* before these CMD_SYNCs */
};

_Static_assert(ATCQ_HIST_BUCKETS == 1024, "histogram layout is ABI");

/* The bucket of @ns.  Unrolled by hand: BPF has no clz and loops cost states. */
static inline __attribute__((always_inline)) __u32 atcq_hist_index(__u64 ns)
{
	__u64 v = ns;
	__u32 msb = 0, idx;

	if (ns < ATCQ_HIST_SUB)
		return (__u32)ns;
	if (ns >> ATCQ_HIST_MAX_BITS)
		return ATCQ_HIST_BUCKETS - 1;
	if (v >> 32) { v >>= 32; msb += 32; }
	if (v >> 16) { v >>= 16; msb += 16; }
	if (v >> 8) { v >>= 8; msb += 8; }
	if (v >> 4) { v >>= 4; msb += 4; }
	if (v >> 2) { v >>= 2; msb += 2; }
	if (v >> 1)
		msb += 1;
	idx = (msb - ATCQ_HIST_SUB_BITS + 1) * ATCQ_HIST_SUB +
	      (__u32)((ns >> (msb - ATCQ_HIST_SUB_BITS)) & (ATCQ_HIST_SUB - 1));
	return idx;
}

/* The smallest value of bucket @idx, in ns */
static inline __u64 atcq_hist_lower(__u32 idx)
{
	__u32 octave = idx / ATCQ_HIST_SUB, sub = idx % ATCQ_HIST_SUB;

	if (!octave)
		return sub;
	return (__u64)(ATCQ_HIST_SUB + sub) << (octave - 1);
}

#endif
