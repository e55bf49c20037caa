/* SPDX-License-Identifier: GPL-2.0-only */
/* CMD_SYNCs and ATC_INVs, as the driver's function that inserts commands sees them. */
#ifndef ATCQ_STOCK_SYNC_BPF_H
#define ATCQ_STOCK_SYNC_BPF_H

#include "compat.bpf.h"
#include "delay.bpf.h"
#include "stock_blame.bpf.h"

struct in_flight {
	__u64 start_ns;
	__u64 blame;	/* as in atc_blame; 0 without an ATC_INV */
	__u32 smmu;
	__u32 ncmds;
};

/* By the address of the list of commands, which is its issuer's stack or heap */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__type(key, __u64);
	__type(value, struct in_flight);
} flights SEC(".maps");

/* SMMUs are numbered in the order in which they are first seen */
__u64 smmus[MAX_SMMUS];

static __always_inline __u32 smmu_index(__u64 ptr)
{
	__u64 old;
	__u32 i;

	for (i = 0; i < MAX_SMMUS; i++) {
		old = smmus[i];
		if (!old)
			old = __sync_val_compare_and_swap(&smmus[i], 0, ptr);
		if (!old || old == ptr)
			return i;
	}
	return ATCQ_NONE;
}

/* (smmu, cmdq, commands, how many, whether a CMD_SYNC follows) since v6.12 */
static __always_inline int issue_begins(__u64 *ctx)
{
	struct in_flight f = { .smmu = smmu_index(ctx[0]), .ncmds = ctx[3] }, *old;
	__u64 key = ctx[2];

	/* Only the low byte of a bool in a register is defined */
	if (!(__u8)ctx[4])
		return 0;
	f.blame = look_at(key, ctx[3], f.smmu);
	old = bpf_map_lookup_elem(&flights, &key);
	if (old)	/* its end was missed */
		blame_ends(old->blame, 0, 0, 0);
	f.start_ns = bpf_ktime_get_ns();
	if (!bpf_map_update_elem(&flights, &key, &f, BPF_ANY))
		blame_begins(f.blame);
	return 0;
}

static __always_inline int issue_ends(__u64 key, __s32 ret)
{
	struct in_flight *known = bpf_map_lookup_elem(&flights, &key), f;
	__u64 now, ns;

	if (!known)
		return 0;
	f = *known;
	bpf_map_delete_elem(&flights, &key);
	now = bpf_ktime_get_ns();
	ns = now - f.start_ns;
	blame_ends(f.blame, f.start_ns, now, ret);
	sync_ended(f.smmu, ns, ret, f.blame ? f.ncmds : 0);
	if (!ret && !every_sync)
		return 0;
	sync_event(f.smmu, ATCQ_NONE, f.blame >> 32 == 1 ? (__u32)f.blame : ATCQ_NONE, f.ncmds,
		   f.blame ? f.ncmds : 0, ns, ret);
	return 0;
}

#endif
