// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fault points by call stack: first a discovery pass records the stacks that reach them,
 * then a rule fires for one of these stacks only.
 */
#include "hooks.bpf.h"
#include "rule.bpf.h"

#include <atcq/sweep.h>

char LICENSE[] SEC("license") = "GPL";

/* The hash of the stack to fire for; 0: discovery pass */
const volatile __u64 target_stack;
/* The code of each fault point: a stack starts at its caller */
const volatile struct atcq_range hook_code[ATCQ_FAULTS];
const volatile struct atcq_range stack_boundaries[ATCQ_MAX_CUTS];

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, ATCQ_MAX_STACKS);
	__type(key, __u64);
	__type(value, struct atcq_stack);
} stacks SEC(".maps");

/* Calls whose stack did not fit in the map */
__u64 stacks_missed;

/* By fault: a program may interrupt that of another fault, never itself */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, ATCQ_FAULTS);
	__type(key, __u32);
	__type(value, struct atcq_stack);
} buffers SEC(".maps");

static __always_inline int inside(__u64 ip, const volatile struct atcq_range *range)
{
	return ip >= range->begin && ip < range->end;
}

struct walk {
	const struct atcq_stack *stack;
	__u64 hash;
	__u32 fault, started;
};

static long step(__u32 i, void *ctx)
{
	struct walk *walk = ctx;
	__u64 ip = walk->stack->ip[i & (ATCQ_STACK_DEPTH - 1)];
	int cut = 0;

	if (!ip)
		return 1;
	if (!walk->started) {
		walk->started = inside(ip, &hook_code[walk->fault & (ATCQ_FAULTS - 1)]);
		return 0;
	}
#pragma unroll
	for (int c = 0; c < ATCQ_MAX_CUTS; c++)
		cut |= inside(ip, &stack_boundaries[c]);
	if (cut)
		return 1;
	walk->hash = mix(walk->hash ^ ip);
	return 0;
}

/* Does this call have the target stack? In the discovery pass no call does */
static __always_inline int stack_matches(void *ctx, __u32 fault)
{
	struct atcq_stack *stack = bpf_map_lookup_elem(&buffers, &fault), *known;
	struct walk walk = { .stack = stack, .hash = mix(fault), .fault = fault };

	if (!stack)
		return 0;
	__builtin_memset(stack, 0, sizeof(*stack));
	bpf_get_stack(ctx, stack->ip, sizeof(stack->ip), 0);
	bpf_loop(ATCQ_STACK_DEPTH, step, &walk, 0);
	if (target_stack)
		return walk.hash == target_stack;
	stack->fault = fault;
	bpf_map_update_elem(&stacks, &walk.hash, stack, BPF_NOEXIST);
	known = bpf_map_lookup_elem(&stacks, &walk.hash);
	__sync_fetch_and_add(known ? &known->count : &stacks_missed, 1);
	return 0;
}

#define HOOK(function, fault, kind)				\
SEC("fmod_ret/" #function)					\
int function(__u64 *ctx)					\
{								\
	__s32 ret = ctx[3];					\
								\
	if (ret || !rules_for(fault, kind, ctx[0], ctx[1]) || !stack_matches(ctx, fault))	\
		return ret;					\
	return rule_fires(fault, kind, ctx[0], ctx[1], ctx[2]);	\
}

#define STREAM_HOOK(function, fault) HOOK(function, fault, ATCQ_TARGET_STREAM)
#define DEVICE_HOOK(function, fault) HOOK(function, fault, ATCQ_TARGET_DEVICE)

STREAM_HOOKS(STREAM_HOOK)
DEVICE_HOOKS(DEVICE_HOOK)
