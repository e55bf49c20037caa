/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Fault points of patches/linux and the rules that `atcq inject` arms on them.
 *
 * A fault point is a kernel function that returns 0 and does nothing; a rule
 * makes it return something else for the commands it matches, and the driver's
 * own code goes on from there.
 */
#ifndef ATCQ_FAULT_H
#define ATCQ_FAULT_H

#include <linux/types.h>

/* Numbers as in the kernel's enum iommu_fault_point (iommu_fault_fired) */
enum atcq_fault {
	ATCQ_FAULT_ATC_TIMEOUT = 1,
};

/*
 * While this file is held open the fault points' static key is on; a hook that
 * is armed without it never runs.  The kernel switches the key off by itself
 * when the last holder is gone, however it went.
 */
#define ATCQ_FAULT_ENABLE_FILE "/sys/kernel/debug/iommu_fault_points/enable"

/* The most Stream IDs that one rule can name */
#define ATCQ_RULE_SIDS	16

/*
 * One rule, filled by user space before the hook is attached.
 *
 * @deadline_ns: CLOCK_BOOTTIME in ns; past it the rule never fires, checked in
 *	BPF so that a stuck injector cannot prolong it
 * @times: how often it may fire in all, 0 = without limit
 * @smmu: index of the SMMU, ATCQ_NONE = any
 * @nsids, @sids: the Stream IDs that it matches, none = any
 */
struct atcq_rule {
	__u64 deadline_ns;
	__u64 times;
	__u32 smmu;
	__u32 nsids;
	__u32 sids[ATCQ_RULE_SIDS];
};

/* What became of a rule; counted in BPF with atomic adds */
struct atcq_rule_state {
	__u64 seen;
	__u64 matched;
	__u64 fired;
	__u64 expired;	/* matched past the deadline */
	__u64 tickets;	/* taken of @times, may overshoot */
};

_Static_assert(sizeof(struct atcq_rule) == 88, "rule layout is ABI");
_Static_assert(sizeof(struct atcq_rule_state) == 40, "rule state layout is ABI");

#endif
