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
	ATCQ_FAULT_SYNC_TIMEOUT = 2,
	ATCQ_FAULT_RETRY_TIMEOUT = 3,
	ATCQ_FAULT_GERROR_LATE = 4,
	ATCQ_FAULT_GERROR_LOST = 5,
	ATCQ_FAULT_QUEUE_FULL = 6,
	ATCQ_FAULT_STE_SYNC_FAIL = 7,
	ATCQ_FAULT_REPORT_LATE = 8,
	ATCQ_FAULT_FENCE_FAIL = 9,
	ATCQ_FAULT_RESET_PREPARE_FAIL = 10,
	ATCQ_FAULT_REATTACH_FAIL = 11,
	ATCQ_FAULT_RESET_FAIL = 12,
	ATCQ_FAULT_RESET_LATE = 13,
	ATCQ_FAULT_NOTIFY_LATE = 14,
};

/* Room for as many: arrays by fault have this length, a power of two */
#define ATCQ_FAULTS	16

/*
 * While this file is held open the fault points' static key is on; a hook that
 * is armed without it never runs.  The kernel switches the key off by itself
 * when the last holder is gone, however it went.
 */
#define ATCQ_FAULT_ENABLE_FILE "/sys/kernel/debug/iommu_fault_points/enable"

/* The most rules that one injector arms: they are bits of a __u64 */
#define ATCQ_MAX_RULES	64
/* CPUs that a rule can name */
#define ATCQ_RULE_CPUS	1024

enum atcq_context { ATCQ_CTX_ANY = 0, ATCQ_CTX_IRQ = 1, ATCQ_CTX_TASK = 2 };

/*
 * One rule, filled by user space before the hooks are attached.  Of the hook's
 * calls it matches some; of the matches, counted from 0, it fires on some.  The
 * grammar is that of the kernel's fault attributes.
 *
 * @deadline_ns: CLOCK_BOOTTIME in ns; past it the rule never fires, checked in
 *	BPF so that a stuck injector cannot prolong it
 * @times: how often it may fire in all, 0 = without limit
 * @space: matches that pass before the first that may fire
 * @nth: only the match with this number, counted from 1, fires; 0 = all may
 * @interval: of those that may fire, every interval-th does; 0 as 1
 * @probability: ... in percent; 100 = always.  The dice are @seed and the number
 *	of the match, so that a run with the same seed decides alike
 * @fault: enum atcq_fault
 * @smmu: index of the SMMU, ATCQ_NONE = any
 * @ssid: Substream ID or PASID, ATCQ_NONE = any
 * @context: enum atcq_context
 * @any_cpu, @cpus: on which CPUs it matches
 * @ret: what the hook returns: -errno, or a delay in ms
 */
struct atcq_rule {
	__u64 deadline_ns;
	__u64 times;
	__u64 space;
	__u64 nth;
	__u64 interval;
	__u64 seed;
	__u32 probability;
	__u32 fault;
	__u32 smmu;
	__u32 ssid;
	__u32 context;
	__u32 any_cpu;
	__s32 ret;
	__u32 reserved;
	__u64 cpus[ATCQ_RULE_CPUS / 64];
};

/* What became of a rule; counted in BPF with atomic adds */
struct atcq_rule_state {
	__u64 considered;	/* calls of its hook for its devices */
	__u64 matched;		/* ... on its CPUs, in its context, ... */
	__u64 skipped;		/* matched, but not its turn by space, nth, interval or dice */
	__u64 fired;
	__u64 expired;		/* matched past the deadline */
	__u64 exhausted;	/* would have fired, but had done so @times */
	__u64 tickets;		/* taken of @times, may overshoot */
};

/*
 * Which rules are for a device: the value is a bit a rule.  SMMU hooks are asked
 * with index of the SMMU and Stream ID, those of the core with PCI segment and
 * bus << 8 | devfn.
 */
enum atcq_target_kind { ATCQ_TARGET_STREAM = 0, ATCQ_TARGET_DEVICE = 1 };
struct atcq_target {
	__u32 kind;
	__u32 unit;
	__u32 id;
};

/* Rules by their hook, and those of them that are for any device; a bit a rule */
struct atcq_rule_index {
	__u64 by_fault[ATCQ_FAULTS];
	__u64 any_target;
};

/* What was decided for one rule, in the ring buffer "decisions" if asked for */
enum atcq_outcome {
	ATCQ_OUT_FIRED = 0,
	ATCQ_OUT_NO_MATCH = 1,		/* SMMU, SSID, CPU or context */
	ATCQ_OUT_EXPIRED = 2,
	ATCQ_OUT_SPACE = 3,
	ATCQ_OUT_NTH = 4,
	ATCQ_OUT_INTERVAL = 5,
	ATCQ_OUT_PROBABILITY = 6,
	ATCQ_OUT_EXHAUSTED = 7,
};

struct atcq_decision {
	__u64 time_ns;		/* CLOCK_BOOTTIME */
	__u64 match;		/* number of the match, from 0 */
	__u32 rule;
	__u32 outcome;
	__u32 unit, id, ssid;	/* as the hook was asked */
	__u32 cpu;
};

_Static_assert(sizeof(struct atcq_rule) == 208, "rule layout is ABI");
_Static_assert(sizeof(struct atcq_rule_state) == 56, "rule state layout is ABI");
_Static_assert(sizeof(struct atcq_target) == 12, "target layout is ABI");
_Static_assert(sizeof(struct atcq_rule_index) == 136, "rule index layout is ABI");
_Static_assert(sizeof(struct atcq_decision) == 40, "decision layout is ABI");

#endif
