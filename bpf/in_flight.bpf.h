/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Calls that have started and not ended. Nearly all end on the CPU on which they
 * started, with no other call in between: so each CPU has a slot for one call, and an
 * overflow map, a hash map that costs several times as much, takes the calls that a
 * call of an interrupt or of another task moved out of the slot.
 */
#ifndef ATCQ_IN_FLIGHT_BPF_H
#define ATCQ_IN_FLIGHT_BPF_H

#include "common.bpf.h"

#define MAX_CPUS	1024	/* calls on other CPUs are not seen */

struct in_flight {
	__u64 list;	/* address of its commands, on the issuer's stack or heap; 0: the slot is free */
	__u64 start_ns;
	__u64 attribution;	/* as in atc_attribution; 0 without an ATC_INV */
	__u32 smmu;
	__u32 ncmds;
	__u64 pad[4];	/* one cache line per CPU */
};

static struct in_flight slots[MAX_CPUS];

/* The number of possible CPUs; user space sets it */
const volatile __u32 ncpus = 1;

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__type(key, __u64);
	__type(value, struct in_flight);
} overflow SEC(".maps");

/* The number of its entries: while it is 0, look-ups are skipped */
__u64 noverflow;

static __always_inline void overflow_delete(__u64 list)
{
	if (!bpf_map_delete_elem(&overflow, &list))
		__sync_fetch_and_add(&noverflow, -1);
}

/* Removes the call at this address whose end was missed, and returns its attribution, or 0 */
static __noinline __u64 overflow_forget(__u64 list)
{
	struct in_flight *known = bpf_map_lookup_elem(&overflow, &list);
	__u64 attribution;

	attribution = known ? known->attribution : 0;
	if (known)
		overflow_delete(list);
	return attribution;
}

/*
 * Frees the slot @f: moves its call to the overflow map, or drops it if it has the address
 * @list or the map is full, and then returns the dropped attribution. The call is added to
 * the map before the slot is cleared, so that a search of first one, then the other finds it.
 */
static __noinline __u64 make_place(struct in_flight *f, __u64 list)
{
	struct in_flight old;

	if (!f || !f->list)
		return 0;
	old = *f;
	if (old.list == list || bpf_map_update_elem(&overflow, &old.list, &old, BPF_NOEXIST)) {
		f->list = 0;
		return old.attribution;
	}
	__sync_fetch_and_add(&noverflow, 1);
	/* Or has it ended in between, on another CPU? */
	if (__sync_val_compare_and_swap(&f->list, old.list, 0) != old.list)
		overflow_delete(old.list);
	return 0;
}

/* Ends a call that is not in this CPU's slot */
static __noinline int overflow_end(__u64 list, struct in_flight *out)
{
	struct in_flight *f;
	__u32 i;

	if (!out)
		return 0;
	for (i = 0; i < MAX_CPUS && i < ncpus; i++) {
		f = &slots[i];
		if (f->list != list)
			continue;
		*out = *f;
		if (__sync_val_compare_and_swap(&f->list, list, 0) == list)
			return 1;
	}
	f = bpf_map_lookup_elem(&overflow, &list);
	if (!f)
		return 0;
	*out = *f;
	overflow_delete(list);
	return 1;
}

/* Returns the attribution of calls whose end was missed, their sum if there are several */
static __always_inline __u64 flight_start(__u64 list, __u64 attribution, __u32 smmu, __u32 n)
{
	__u32 cpu = bpf_get_smp_processor_id();
	struct in_flight *f;
	__u64 lost = 0;

	if (cpu >= MAX_CPUS)
		return attribution;
	f = &slots[cpu];
	if (f->list)
		lost = make_place(f, list);
	if (noverflow)
		lost += overflow_forget(list);
	f->attribution = attribution;
	f->smmu = smmu;
	f->ncmds = n;
	f->start_ns = bpf_ktime_get_ns();
	barrier();
	/* From now on its end finds it, also on another CPU */
	f->list = list;
	return lost;
}

/* Was its start seen? Then @out is the call */
static __always_inline int flight_end(__u64 list, struct in_flight *out)
{
	__u32 cpu = bpf_get_smp_processor_id();
	struct in_flight *f;

	if (cpu < MAX_CPUS) {
		f = &slots[cpu];
		if (f->list == list) {
			out->start_ns = f->start_ns;
			out->attribution = f->attribution;
			out->smmu = f->smmu;
			out->ncmds = f->ncmds;
			/* True unless an interrupt has just moved it out of the slot */
			if (__sync_val_compare_and_swap(&f->list, list, 0) == list)
				return 1;
		}
	}
	return overflow_end(list, out);
}

#endif
