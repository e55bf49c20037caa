/* SPDX-License-Identifier: GPL-2.0-only */
/* Decides whether a rule fires; apart from the hooks, so that tests can run it without them. */
#ifndef ATCQ_RULE_BPF_H
#define ATCQ_RULE_BPF_H

#include <linux/bpf.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

#include <atcq/fault.h>

/* Report each decision, for `atcq inject --explain` */
const volatile __u32 explain;

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, ATCQ_MAX_RULES);
	__type(key, __u32);
	__type(value, struct atcq_rule);
} rules SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, ATCQ_MAX_RULES);
	__type(key, __u32);
	__type(value, struct atcq_rule_state);
} states SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct atcq_rule_index);
} rule_index SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__type(key, struct atcq_target);
	__type(value, __u64);
} targets SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 64 * 1024);
} decisions SEC(".maps");

/* arm64 keeps the preemption count in thread_info, since v4.20 (commit 396244692232) */
struct thread_info {
	__u64 preempt_count;
} __attribute__((preserve_access_index));
struct task_struct {
	struct thread_info thread_info;
} __attribute__((preserve_access_index));

#define SOFTIRQ_SERVING	0x100
#define HARDIRQ_OR_NMI	0xff0000

/* If this kernel has no preemption count there, no context matches */
static __always_inline int context_matches(__u32 context)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	__u64 count;
	int irq;

	if (context == ATCQ_CTX_ANY)
		return 1;
	if (!bpf_core_field_exists(task->thread_info.preempt_count))
		return 0;
	count = BPF_CORE_READ(task, thread_info.preempt_count);
	irq = (count & (SOFTIRQ_SERVING | HARDIRQ_OR_NMI)) != 0;
	return irq == (context == ATCQ_CTX_IRQ);
}

/* splitmix64's finisher: all bits of the result depend on all bits of @x */
static __always_inline __u64 mix(__u64 x)
{
	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9ull;
	x = (x ^ x >> 27) * 0x94d049bb133111ebull;
	return x ^ x >> 31;
}

struct ask {
	__u32 unit, id, ssid, cpu;
	__u64 rules;		/* a bit for each rule of this call */
	int ret;
};

static __always_inline int rule_matches(const struct atcq_rule *rule, const struct ask *ask)
{
	__u32 cpu = ask->cpu & (ATCQ_RULE_CPUS - 1);

	if (rule->smmu != 0xffffffffu && rule->smmu != ask->unit)
		return 0;
	if (rule->ssid != 0xffffffffu && rule->ssid != ask->ssid)
		return 0;
	if (!rule->any_cpu && !(rule->cpus[cpu / 64] >> cpu % 64 & 1))
		return 0;
	return context_matches(rule->context);
}

static __always_inline __u32 decide(const struct atcq_rule *rule, struct atcq_rule_state *state,
				    const struct ask *ask, __u64 *match)
{
	if (!rule_matches(rule, ask))
		return ATCQ_OUT_NO_MATCH;
	*match = __sync_fetch_and_add(&state->matched, 1);
	if (bpf_ktime_get_boot_ns() >= rule->deadline_ns)
		return ATCQ_OUT_EXPIRED;
	if (*match < rule->space)
		return ATCQ_OUT_SPACE;
	if (rule->nth && *match + 1 != rule->nth)
		return ATCQ_OUT_NTH;
	if (rule->interval > 1 && (*match - rule->space + 1) % rule->interval)
		return ATCQ_OUT_INTERVAL;
	if (rule->probability < 100 &&
	    mix(rule->seed + *match * 0x9e3779b97f4a7c15ull) % 100 >= rule->probability)
		return ATCQ_OUT_PROBABILITY;
	/* Fires exactly @times: each takes a ticket */
	if (rule->times && __sync_fetch_and_add(&state->tickets, 1) >= rule->times)
		return ATCQ_OUT_EXHAUSTED;
	return ATCQ_OUT_FIRED;
}

static __always_inline void report_decision(__u32 rule, __u32 outcome, const struct ask *ask, __u64 match)
{
	struct atcq_decision *d = bpf_ringbuf_reserve(&decisions, sizeof(*d), 0);

	if (!d)
		return;
	d->time_ns = bpf_ktime_get_boot_ns();
	d->match = match;
	d->rule = rule;
	d->outcome = outcome;
	d->unit = ask->unit;
	d->id = ask->id;
	d->ssid = ask->ssid;
	d->cpu = ask->cpu;
	bpf_ringbuf_submit(d, 0);
}

static long consider(__u32 i, void *ctx)
{
	struct ask *ask = ctx;
	struct atcq_rule_state *state;
	struct atcq_rule *rule;
	__u64 match = 0;
	__u32 outcome;

	if (!(ask->rules >> (i & 63) & 1))
		return !(ask->rules >> (i & 63));	/* none above it: done */
	rule = bpf_map_lookup_elem(&rules, &i);
	state = bpf_map_lookup_elem(&states, &i);
	if (!rule || !state)
		return 1;
	__sync_fetch_and_add(&state->considered, 1);
	outcome = decide(rule, state, ask, &match);
	if (explain)
		report_decision(i, outcome, ask, match);
	switch (outcome) {
	case ATCQ_OUT_NO_MATCH:
		return 0;
	case ATCQ_OUT_FIRED:
		__sync_fetch_and_add(&state->fired, 1);
		ask->ret = rule->ret;
		return 1;
	case ATCQ_OUT_EXPIRED:
		__sync_fetch_and_add(&state->expired, 1);
		return 0;
	case ATCQ_OUT_EXHAUSTED:
		__sync_fetch_and_add(&state->exhausted, 1);
		return 0;
	default:
		__sync_fetch_and_add(&state->skipped, 1);
		return 0;
	}
}

/*
 * The rules for a call of the hook of @fault. The cost does not depend on the number of
 * other rules.
 */
static __always_inline __u64 rules_for(__u32 fault, __u32 kind, __u32 unit, __u32 id)
{
	struct atcq_target target = { .kind = kind, .unit = unit, .id = id };
	struct atcq_rule_index *index;
	__u32 zero = 0;
	__u64 *bits;

	index = bpf_map_lookup_elem(&rule_index, &zero);
	/* The mask is for the verifier only */
	fault &= ATCQ_FAULTS - 1;
	if (!index || !index->by_fault[fault])
		return 0;
	bits = bpf_map_lookup_elem(&targets, &target);
	return index->by_fault[fault] & (index->any_target | (bits ? *bits : 0));
}

/* The return value for the hook of @fault: 0, or that of the first rule that fires */
static __always_inline int rule_fires(__u32 fault, __u32 kind, __u32 unit, __u32 id, __u32 ssid)
{
	struct ask ask = {
		.unit = unit, .id = id, .ssid = ssid, .rules = rules_for(fault, kind, unit, id),
	};

	if (!ask.rules)
		return 0;
	ask.cpu = bpf_get_smp_processor_id();
	bpf_loop(ATCQ_MAX_RULES, consider, &ask, 0);
	return ask.ret;
}

#endif
