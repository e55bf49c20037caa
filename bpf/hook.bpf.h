/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Traces the start and the end of a function: by fentry and fexit, or, where the kernel
 * has no direct calls for it, by kprobe and kretprobe. User space loads one of the two
 * pairs. Both get arguments as an array of u64: a kprobe because arm64's registers are
 * such an array.
 */
#ifndef ATCQ_HOOK_BPF_H
#define ATCQ_HOOK_BPF_H

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "compat.bpf.h"

/* One argument of a call, for its kretprobe, by the stack pointer, which is the same there */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4096);
	__type(key, __u64);
	__type(value, __u64);
} calls SEC(".maps");

static __always_inline void call_start(__u64 *regs, __u64 argument)
{
	__u64 sp = regs[REGS_SP];

	bpf_map_update_elem(&calls, &sp, &argument, BPF_ANY);
}

static __always_inline int call_end(__u64 *regs, __u64 *argument)
{
	__u64 sp = regs[REGS_SP], *known = bpf_map_lookup_elem(&calls, &sp);

	if (!known)
		return 0;
	*argument = *known;
	bpf_map_delete_elem(&calls, &sp);
	return 1;
}

/*
 * @key: which argument @end gets, with the result; @n: how many there are.
 * Attached in this order: an entry without its exit would stay open forever.
 */
#define HOOK(name, function, n, key, start, end)				\
SEC("fexit/" function) int name##_fexit(__u64 *ctx)				\
{										\
	return end(ctx[key], ctx[n]);						\
}										\
SEC("fentry/" function) int name##_fentry(__u64 *ctx)				\
{										\
	return start(ctx);							\
}										\
SEC("kretprobe/" function) int name##_kretprobe(__u64 *ctx)			\
{										\
	__u64 argument;								\
										\
	return call_end(ctx, &argument) ? end(argument, ctx[0]) : 0;		\
}										\
SEC("kprobe/" function) int name##_kprobe(__u64 *ctx)				\
{										\
	call_start(ctx, ctx[key]);						\
	return start(ctx);							\
}

#endif
