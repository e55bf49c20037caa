// SPDX-License-Identifier: GPL-2.0-only
/*
 * Events of a kernel with patches/linux: its tracepoints have plain numbers,
 * so that the programs need no kernel structures.
 */
#include "common.bpf.h"
#include "sync_delay.bpf.h"
#include "pci_errors.bpf.h"
#include "trace_core.bpf.h"

char LICENSE[] SEC("license") = "GPL";

SEC("raw_tp/arm_smmu_cmd_sync")
int trace_cmd_sync(struct bpf_raw_tracepoint_args *ctx)
{
	__u32 smmu = ctx->args[0], natc = ctx->args[3];
	__u64 duration = ctx->args[4];
	__s32 ret = ctx->args[5];

	sync_ended(smmu, duration, ret, natc);
	if (!ret && !every_sync)
		return 0;
	sync_event(smmu, ctx->args[1], ATCQ_NONE, ctx->args[2], natc, duration, ret);
	return 0;
}

/* Replaces trace_cmd_sync() where the driver counts durations itself */
SEC("raw_tp/arm_smmu_cmd_sync_disturbed")
int trace_cmd_sync_delayed(struct bpf_raw_tracepoint_args *ctx)
{
	sync_failed_or_delayed(ctx->args[0], ctx->args[1], ctx->args[2], ctx->args[3], ctx->args[4],
		       ctx->args[5]);
	return 0;
}

SEC("raw_tp/arm_smmu_gerror")
int trace_gerror(struct bpf_raw_tracepoint_args *ctx)
{
	struct atcq_event *ev;

	count(ATCQ_CNT_GERRORS, 1);
	ev = event_reserve(ATCQ_EV_GERROR);
	if (!ev)
		return 0;
	ev->smmu = ctx->args[0];
	ev->code = ctx->args[1];
	bpf_ringbuf_submit(ev, 0);
	return 0;
}

SEC("raw_tp/arm_smmu_cmdq_error")
int trace_cmdq_error(struct bpf_raw_tracepoint_args *ctx)
{
	struct atcq_event *ev;

	count(ATCQ_CNT_CMDQ_ERRORS, 1);
	/* The issuer of the CMD_SYNC that failed returns -EIO */
	if (ctx->args[2] == ATCQ_CERROR_ATC_INV_SYNC)
		error_raised(ctx->args[0], ctx->args[1], 0);
	ev = event_reserve(ATCQ_EV_CMDQ_ERROR);
	if (!ev)
		return 0;
	ev->smmu = ctx->args[0];
	ev->prod = ctx->args[1];
	ev->code = ctx->args[2];
	ev->source = ctx->args[3];
	/* The same in all programs: the incident's id is made from it */
	ev->time_ns = ctx->args[4];
	bpf_ringbuf_submit(ev, 0);
	return 0;
}

SEC("raw_tp/arm_smmu_atc_timeout")
int trace_atc_timeout(struct bpf_raw_tracepoint_args *ctx)
{
	struct atcq_event *ev = event_reserve(ATCQ_EV_ATC_TIMEOUT);

	if (!ev)
		return 0;
	ev->smmu = ctx->args[0];
	ev->prod = ctx->args[1];
	ev->sid = ctx->args[2];
	ev->segment = ctx->args[3];
	ev->bdf = ctx->args[4];
	bpf_ringbuf_submit(ev, 0);
	return 0;
}

SEC("raw_tp/arm_smmu_ats_blocked")
int trace_ats_blocked(struct bpf_raw_tracepoint_args *ctx)
{
	struct atcq_event *ev = event_reserve(ATCQ_EV_ATS_BLOCKED);

	if (!ev)
		return 0;
	ev->smmu = ctx->args[0];
	ev->sid = ctx->args[1];
	ev->segment = ctx->args[2];
	ev->bdf = ctx->args[3];
	ev->duration_ns = ctx->args[4];
	ev->ret = ctx->args[5];
	bpf_ringbuf_submit(ev, 0);
	return 0;
}

static __always_inline int stream_event(__u16 type, struct bpf_raw_tracepoint_args *ctx)
{
	struct atcq_event *ev = event_reserve(type);

	if (!ev)
		return 0;
	ev->smmu = ctx->args[0];
	ev->sid = ctx->args[1];
	ev->segment = ctx->args[2];
	ev->bdf = ctx->args[3];
	bpf_ringbuf_submit(ev, 0);
	return 0;
}

SEC("raw_tp/arm_smmu_ats_restored")
int trace_ats_restored(struct bpf_raw_tracepoint_args *ctx)
{
	return stream_event(ATCQ_EV_ATS_RESTORED, ctx);
}

SEC("raw_tp/arm_smmu_atc_answered")
int trace_atc_answered(struct bpf_raw_tracepoint_args *ctx)
{
	return stream_event(ATCQ_EV_ATC_ANSWERED, ctx);
}

SEC("raw_tp/arm_smmu_atc_inv_suppressed")
int trace_suppressed(struct bpf_raw_tracepoint_args *ctx)
{
	__u32 n = ctx->args[2];
	struct atcq_event *ev;

	count(ATCQ_CNT_ATC_SUPPRESSED, n);
	ev = event_reserve(ATCQ_EV_ATC_SUPPRESSED);
	if (!ev)
		return 0;
	ev->smmu = ctx->args[0];
	ev->sid = ctx->args[1];
	ev->count = n;
	bpf_ringbuf_submit(ev, 0);
	return 0;
}
