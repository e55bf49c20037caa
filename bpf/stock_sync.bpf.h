/* SPDX-License-Identifier: GPL-2.0-only */
/* CMD_SYNCs and ATC_INVs, from the driver's function that inserts commands. */
#ifndef ATCQ_STOCK_SYNC_BPF_H
#define ATCQ_STOCK_SYNC_BPF_H

#include "compat.bpf.h"
#include "sync_delay.bpf.h"
#include "in_flight.bpf.h"
#include "hook.bpf.h"
#include "stock_attribution.bpf.h"

/* Numbers SMMUs in the order of their first command */
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

/* The arguments since v6.12: (smmu, cmdq, commands, how many, whether a CMD_SYNC follows) */
#define ISSUE_LIST	2
#define ISSUE_ARGS	5

/* Only the low byte of a bool in a register is defined */
static __always_inline bool has_sync(const __u64 *args)
{
	return (__u8)args[4];
}

static __always_inline int issue_start(const __u64 *args, bool typed)
{
	__u32 smmu = smmu_index(args[0]);
	__u64 attribution = attribution_of(args[ISSUE_LIST], args[3], smmu, typed), lost;

	/* Calls whose end was missed, such as one with the same address */
	lost = flight_start(args[ISSUE_LIST], attribution, smmu, args[3]);
	if (lost)
		attribution_end(lost, 0, 0, 0);
	attribution_start(attribution);
	return 0;
}

static __always_inline int issue_end(__u64 list, __s32 ret)
{
	struct in_flight f;
	__u64 now, ns;

	if (!flight_end(list, &f))
		return 0;
	now = bpf_ktime_get_ns();
	ns = now - f.start_ns;
	attribution_end(f.attribution, f.start_ns, now, ret);
	sync_ended(f.smmu, ns, ret, f.attribution ? f.ncmds : 0);
	if (!ret && !every_sync)
		return 0;
	sync_event(f.smmu, ATCQ_NONE, f.attribution >> 32 == 1 ? (__u32)f.attribution : ATCQ_NONE, f.ncmds,
		   f.attribution ? f.ncmds : 0, ns, ret);
	return 0;
}

/* As HOOK(), but only for calls with a CMD_SYNC */
SEC("fexit/__arm_smmu_cmdq_issue_cmdlist") int issue_fexit(__u64 *ctx)
{
	return has_sync(ctx) ? issue_end(ctx[ISSUE_LIST], ctx[ISSUE_ARGS]) : 0;
}

SEC("fentry/__arm_smmu_cmdq_issue_cmdlist") int issue_fentry(__u64 *ctx)
{
	return has_sync(ctx) ? issue_start(ctx, true) : 0;
}

SEC("kretprobe/__arm_smmu_cmdq_issue_cmdlist") int issue_kretprobe(__u64 *ctx)
{
	__u64 list;

	return call_end(ctx, &list) ? issue_end(list, ctx[0]) : 0;
}

SEC("kprobe/__arm_smmu_cmdq_issue_cmdlist") int issue_kprobe(__u64 *ctx)
{
	if (!has_sync(ctx))
		return 0;
	call_start(ctx, ctx[ISSUE_LIST]);
	return issue_start(ctx, false);
}

#endif
