/* SPDX-License-Identifier: GPL-2.0-only */
/* Maps and helpers that every source of events shares. */
#ifndef ATCQ_COMMON_BPF_H
#define ATCQ_COMMON_BPF_H

#include <linux/bpf.h>
#include <stdbool.h>

#include <bpf/bpf_helpers.h>

#include <atcq/counters.h>
#include <atcq/event.h>
#include <atcq/hist.h>

#define MAX_SMMUS	64

/* An event for each CMD_SYNC, not only for those that fail */
const volatile __u8 every_sync = 0;

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 256 * 1024);
} events SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, ATCQ_CNT_MAX);
	__type(key, __u32);
	__type(value, __u64);
} counters SEC(".maps");

/*
 * By index of the SMMU. User space sets the length to the number of SMMUs: an element
 * that is allocated on demand misses the first samples.
 */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct atcq_hist);
} hists SEC(".maps");

static __always_inline void count(__u32 which, __u64 n)
{
	__u64 *value = bpf_map_lookup_elem(&counters, &which);

	/* Atomic: the program of an interrupt may count the same thing */
	if (value)
		__sync_fetch_and_add(value, n);
}

/* Reserves a record with all fields set; NULL, and counted, if the ring buffer is full */
static __always_inline struct atcq_event *event_reserve(__u16 type)
{
	struct atcq_event *ev = bpf_ringbuf_reserve(&events, sizeof(*ev), 0);

	if (!ev) {
		count(ATCQ_CNT_LOST, 1);
		return NULL;
	}
	__builtin_memset(ev, 0, sizeof(*ev));
	ev->version = ATCQ_EVENT_VERSION;
	ev->type = type;
	ev->size = sizeof(*ev);
	ev->time_ns = bpf_ktime_get_boot_ns();
	ev->cpu = bpf_get_smp_processor_id();
	ev->smmu = ATCQ_NONE;
	ev->sid = ATCQ_NONE;
	ev->ssid = ATCQ_NONE;
	ev->prod = ATCQ_NONE;
	ev->segment = ATCQ_NONE;
	ev->bdf = ATCQ_NONE;
	ev->count = 1;
	return ev;
}

static __always_inline void sync_event(__u32 smmu, __u32 prod, __u32 sid, __u32 ncmds,
				       __u32 natc, __u64 duration, __s32 ret)
{
	struct atcq_event *ev = event_reserve(ATCQ_EV_CMD_SYNC);

	if (!ev)
		return;
	ev->smmu = smmu;
	ev->prod = prod;
	ev->sid = sid;
	ev->ncmds = ncmds;
	ev->natc = natc;
	ev->duration_ns = duration;
	ev->ret = ret;
	bpf_ringbuf_submit(ev, 0);
}

/*
 * Counts a CMD_SYNC by a single look-up. Not atomic: the kernel
 * does not run a program again on a CPU on which it has not ended. NULL: no
 * histogram for this SMMU, so only the counters count it.
 */
static __always_inline struct atcq_hist *hist_add(__u32 smmu, __u64 ns, int failed, __u32 natc)
{
	struct atcq_hist *hist = bpf_map_lookup_elem(&hists, &smmu);
	__u32 idx;

	if (!hist) {
		count(ATCQ_CNT_CMD_SYNCS, 1);
		count(ATCQ_CNT_CMD_SYNC_FAILURES, failed);
		count(ATCQ_CNT_ATC_INVS, natc);
		return NULL;
	}
	hist->count++;
	hist->atc_invs += natc;
	hist->sum_ns += ns;
	if (ns > hist->max_ns)
		hist->max_ns = ns;
	if (failed)
		hist->failed++;
	idx = atcq_hist_index(ns);
	if (idx < ATCQ_HIST_BUCKETS)
		hist->bucket[idx]++;
	return hist;
}

#endif
