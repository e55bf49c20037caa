/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a CMDQ error costs others. A queue works in order: until the error is
 * acknowledged, no CMD_SYNC behind it ends. So one that ended well, but had begun
 * before the error was raised, waited for it; what it took beyond the mean of
 * those that nothing held up is the time that its issuer lost.
 */
#ifndef ATCQ_SYNC_DELAY_BPF_H
#define ATCQ_SYNC_DELAY_BPF_H

#include "common.bpf.h"

/* The latest CERROR_ATC_INV_SYNC of an SMMU */
struct queue_error {
	__u64 raised_ns;	/* CLOCK_MONOTONIC, as durations are; 0: none yet */
	__u32 prod;
	__u32 unclaimed;	/* the CMD_SYNC that failed is still to end, and will not say so */
};

/* Did any SMMU ever raise one? Until then nobody has to look */
__u64 error_seen;

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, MAX_SMMUS);
	__type(key, __u32);
	__type(value, struct queue_error);
} queue_errors SEC(".maps");

/* @quiet: on this kernel the CMD_SYNC that failed returns 0, as if nothing was */
static __always_inline void error_raised(__u32 smmu, __u32 prod, int quiet)
{
	struct queue_error *d = bpf_map_lookup_elem(&queue_errors, &smmu);

	if (!d)
		return;
	d->prod = prod;
	d->unclaimed = quiet;
	d->raised_ns = bpf_ktime_get_ns();
	error_seen = 1;
}

static __always_inline void report_delay(const struct atcq_hist *hist, __u32 smmu, __u32 prod,
				       __u64 ns, __u32 natc)
{
	__u64 n = hist->count - hist->disturbed, mean = 0;
	struct atcq_event *ev;

	if (n)
		mean = (hist->sum_ns - hist->disturbed_ns) / n;
	ev = event_reserve(ATCQ_EV_SYNC_DELAYED);
	if (!ev)
		return;
	ev->smmu = smmu;
	ev->prod = prod;
	ev->natc = natc;
	ev->duration_ns = ns;
	ev->usual_ns = mean > 0xffffffff ? 0xffffffff : mean;
	bpf_ringbuf_submit(ev, 0);
}

/* A CMD_SYNC took @ns and just ended with @ret; @natc: ATC_INVs before it */
static __always_inline void sync_ended(__u32 smmu, __u64 ns, __s32 ret, __u32 natc)
{
	struct atcq_hist *hist = hist_add(smmu, ns, ret != 0, natc);
	struct queue_error *d;
	int waited;

	/* As long as nothing ever failed, this is all that it costs */
	if (!hist || (!ret && !error_seen))
		return;
	d = bpf_map_lookup_elem(&queue_errors, &smmu);
	if (!d || (!ret && !d->raised_ns))
		return;
	waited = bpf_ktime_get_ns() - ns < d->raised_ns;
	if (!waited && !ret)
		return;
	hist->disturbed++;
	hist->disturbed_ns += ns;
	if (!waited || ret)
		return;
	/* The first to end is the one that failed, all others are behind it */
	if (natc && __sync_val_compare_and_swap(&d->unclaimed, 1, 0) == 1)
		return;
	report_delay(hist, smmu, d->prod, ns, natc);
}

/*
 * One that failed, or else that waited while a CMDQ error was not acknowledged, by
 * what the driver knows. What is usual is in its histogram: user space looks.
 */
static __always_inline void sync_failed_or_delayed(__u32 smmu, __u32 prod, __u32 ncmds, __u32 natc,
					   __u64 ns, __s32 ret)
{
	struct atcq_hist *hist = bpf_map_lookup_elem(&hists, &smmu);
	struct queue_error *d = bpf_map_lookup_elem(&queue_errors, &smmu);
	struct atcq_event *ev;

	if (hist) {
		hist->disturbed++;
		hist->disturbed_ns += ns;
		hist->failed += !!ret;
	}
	if (ret) {
		sync_event(smmu, prod, ATCQ_NONE, ncmds, natc, ns, ret);
		return;
	}
	ev = event_reserve(ATCQ_EV_SYNC_DELAYED);
	if (!ev)
		return;
	ev->smmu = smmu;
	/* Of the error that it waited for */
	ev->prod = d && d->raised_ns ? d->prod : ATCQ_NONE;
	ev->natc = natc;
	ev->duration_ns = ns;
	bpf_ringbuf_submit(ev, 0);
}

#endif
