/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Delays of other CMD_SYNCs by a CMDQ error. A queue works in order: until the error is
 * acknowledged, no CMD_SYNC behind it ends. So a CMD_SYNC that ended without error, but
 * started before the error was raised, waited for it; its time beyond the mean of
 * undelayed CMD_SYNCs is the time that its issuer lost.
 */
#ifndef ATCQ_SYNC_DELAY_BPF_H
#define ATCQ_SYNC_DELAY_BPF_H

#include "common.bpf.h"

/* The latest CERROR_ATC_INV_SYNC of an SMMU */
struct queue_error {
	__u64 raised_ns;	/* CLOCK_MONOTONIC, as durations are; 0: none yet */
	__u32 prod;
	__u32 unclaimed;	/* the CMD_SYNC that failed has not ended yet, and will return 0 */
};

/* Has any SMMU raised an error? Until then look-ups are skipped */
__u64 error_seen;

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, MAX_SMMUS);
	__type(key, __u32);
	__type(value, struct queue_error);
} queue_errors SEC(".maps");

/* @quiet: on this kernel the CMD_SYNC that failed returns 0 */
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

/* A CMD_SYNC ended with @ret after @ns; @natc: ATC_INVs before it */
static __always_inline void sync_ended(__u32 smmu, __u64 ns, __s32 ret, __u32 natc)
{
	struct atcq_hist *hist = hist_add(smmu, ns, ret != 0, natc);
	struct queue_error *d;
	int waited;

	/* Without any error this is the whole cost */
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
	/* The first to end is the one that failed; all others are behind it */
	if (natc && __sync_val_compare_and_swap(&d->unclaimed, 1, 0) == 1)
		return;
	report_delay(hist, smmu, d->prod, ns, natc);
}

/*
 * The driver reports a CMD_SYNC that failed, or one that waited for the acknowledgement
 * of a CMDQ error. User space adds the mean of undelayed CMD_SYNCs, from the driver's
 * histogram.
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
	/* The position of the error that it waited for */
	ev->prod = d && d->raised_ns ? d->prod : ATCQ_NONE;
	ev->natc = natc;
	ev->duration_ns = ns;
	bpf_ringbuf_submit(ev, 0);
}

#endif
