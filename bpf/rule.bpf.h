/* SPDX-License-Identifier: GPL-2.0-only */
/* Whether a rule fires: beside the hooks, so that tests can run it without them. */
#ifndef ATCQ_RULE_BPF_H
#define ATCQ_RULE_BPF_H

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include <atcq/fault.h>

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct atcq_rule);
} rules SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct atcq_rule_state);
} states SEC(".maps");



static __always_inline int rule_matches(const struct atcq_rule *rule, __u32 smmu, __u32 sid)
{
	__u32 i;

	if (rule->smmu != 0xffffffffu && rule->smmu != smmu)
		return 0;
	if (!rule->nsids)
		return 1;
	for (i = 0; i < ATCQ_RULE_SIDS; i++)
		if (i < rule->nsids && rule->sids[i] == sid)
			return 1;
	return 0;
}

/* Fires exactly @times: a ticket is taken for each */
static __always_inline int rule_fires(__u32 smmu, __u32 sid)
{
	struct atcq_rule_state *state;
	struct atcq_rule *rule;
	__u32 zero = 0;

	rule = bpf_map_lookup_elem(&rules, &zero);
	state = bpf_map_lookup_elem(&states, &zero);
	if (!rule || !state)
		return 0;
	__sync_fetch_and_add(&state->seen, 1);
	if (!rule_matches(rule, smmu, sid))
		return 0;
	__sync_fetch_and_add(&state->matched, 1);
	if (bpf_ktime_get_boot_ns() >= rule->deadline_ns) {
		__sync_fetch_and_add(&state->expired, 1);
		return 0;
	}
	if (rule->times && __sync_fetch_and_add(&state->tickets, 1) >= rule->times)
		return 0;
	__sync_fetch_and_add(&state->fired, 1);
	return 1;
}

#endif
