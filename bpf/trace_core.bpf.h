/* SPDX-License-Identifier: GPL-2.0-only */
/* The IOMMU core's events for trace.bpf.c, in the same object because of the maps. */
#ifndef ATCQ_TRACE_CORE_BPF_H
#define ATCQ_TRACE_CORE_BPF_H

#include "common.bpf.h"

/* The first arguments of all are the PCI segment and address of the device */
static __always_inline struct atcq_event *
device_event(__u16 type, struct bpf_raw_tracepoint_args *ctx)
{
	struct atcq_event *ev = event_reserve(type);

	if (ev) {
		ev->segment = ctx->args[0];
		ev->bdf = ctx->args[1];
	}
	return ev;
}

static __always_inline int reason_event(__u16 type, struct bpf_raw_tracepoint_args *ctx)
{
	struct atcq_event *ev = device_event(type, ctx);

	if (!ev)
		return 0;
	ev->code = ctx->args[2];
	bpf_ringbuf_submit(ev, 0);
	return 0;
}

static __always_inline int result_event(__u16 type, struct bpf_raw_tracepoint_args *ctx)
{
	struct atcq_event *ev = device_event(type, ctx);

	if (!ev)
		return 0;
	ev->ret = ctx->args[2];
	bpf_ringbuf_submit(ev, 0);
	return 0;
}

SEC("raw_tp/iommu_device_broken")
int core_broken(struct bpf_raw_tracepoint_args *ctx)
{
	struct atcq_event *ev = device_event(ATCQ_EV_DEVICE_BROKEN, ctx);

	if (ev)
		bpf_ringbuf_submit(ev, 0);
	return 0;
}

SEC("raw_tp/iommu_device_blocked")
int core_blocked(struct bpf_raw_tracepoint_args *ctx)
{
	struct atcq_event *ev = device_event(ATCQ_EV_DEVICE_BLOCKED, ctx);

	if (!ev)
		return 0;
	ev->code = ctx->args[2];
	ev->ret = ctx->args[3];
	bpf_ringbuf_submit(ev, 0);
	return 0;
}

SEC("raw_tp/iommu_device_unblocked")
int core_unblocked(struct bpf_raw_tracepoint_args *ctx)
{
	return reason_event(ATCQ_EV_DEVICE_UNBLOCKED, ctx);
}

SEC("raw_tp/iommu_device_released")
int core_released(struct bpf_raw_tracepoint_args *ctx)
{
	return reason_event(ATCQ_EV_DEVICE_RELEASED, ctx);
}

SEC("raw_tp/iommu_reset_prepare")
int core_reset_prepare(struct bpf_raw_tracepoint_args *ctx)
{
	return result_event(ATCQ_EV_RESET_PREPARE, ctx);
}

SEC("raw_tp/iommu_reset_done")
int core_reset_done(struct bpf_raw_tracepoint_args *ctx)
{
	return result_event(ATCQ_EV_RESET_DONE, ctx);
}

SEC("raw_tp/iommu_fault_fired")
int core_fault_fired(struct bpf_raw_tracepoint_args *ctx)
{
	struct atcq_event *ev = event_reserve(ATCQ_EV_FAULT_FIRED);

	if (!ev)
		return 0;
	ev->code = ctx->args[0];
	ev->smmu = ctx->args[1];
	ev->sid = ctx->args[2];
	ev->segment = ctx->args[3];
	ev->bdf = ctx->args[4];
	bpf_ringbuf_submit(ev, 0);
	return 0;
}

#endif
