/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * From where in the kernel a fault point is reached: what bpf/sweep.bpf.c learns
 * while a workload runs, and what it tells one call from another by.
 */
#ifndef ATCQ_SWEEP_H
#define ATCQ_SWEEP_H

#include <linux/types.h>

#include <atcq/fault.h>

#define ATCQ_STACK_DEPTH	32
#define ATCQ_MAX_STACKS		1024
/* Functions at which a stack ends: what an interrupt interrupted is chance */
#define ATCQ_MAX_CUTS		8

/* Code addresses, @end is the first behind */
struct atcq_range {
	__u64 begin, end;
};

/*
 * A stack by its hash, the key in the map "stacks".  @count: calls of the fault
 * point from there, for devices of interest.  @ip: innermost first, with 0 behind
 * the last; the first few are those of the BPF program.
 */
struct atcq_stack {
	__u64 count;
	__u32 fault;
	__u32 reserved;
	__u64 ip[ATCQ_STACK_DEPTH];
};

_Static_assert(sizeof(struct atcq_stack) == 272, "stack layout is ABI");
_Static_assert(sizeof(struct atcq_range) == 16, "range layout is ABI");

#endif
