/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Calls that have begun and not ended. Nearly all end on the CPU on which they
 * began, with no other in between: so there is a place for one on each CPU, and a
 * hash map, several times as dear, for those that an interrupt's or another task's
 * call drove out of it.
 */
#ifndef ATCQ_IN_FLIGHT_BPF_H
#define ATCQ_IN_FLIGHT_BPF_H

#include "common.bpf.h"

#define MAX_CPUS	1024	/* what others issue is not seen */

struct in_flight {
	__u64 list;	/* address of its commands, which is its issuer's stack or heap; 0: none */
	__u64 start_ns;
	__u64 attribution;	/* as in atc_attribution; 0 without an ATC_INV */
	__u32 smmu;
	__u32 ncmds;
	__u64 pad[4];	/* a cache line to each CPU */
};

static struct in_flight slots[MAX_CPUS];

/* As many as there may be; user space sets it */
const volatile __u32 ncpus = 1;

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__type(key, __u64);
	__type(value, struct in_flight);
} overflow SEC(".maps");

/* How many are in it: as long as it is empty, nobody has to look */
__u64 noverflow;

static __always_inline void overflow_delete(__u64 list)
{
	if (!bpf_map_delete_elem(&overflow, &list))
		__sync_fetch_and_add(&noverflow, -1);
}

/* The attribution of a call of this address whose end was missed; 0: none was */
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
 * Drives out what is in @f, or forgets it if it has @list, or no room: then it returns
 * the attribution that is lost. First into the map, then out of here, so that who looks
 * for it here and then there does not miss it.
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
	/* Or has it ended meanwhile, on another CPU? */
	if (__sync_val_compare_and_swap(&f->list, old.list, 0) != old.list)
		overflow_delete(old.list);
	return 0;
}

/* Not where it began, or driven out of there */
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

/* Returns the attribution of calls that will not end any more, their sum if there are several */
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
	/* From now on it can be found, also by its end on another CPU */
	f->list = list;
	return lost;
}

/* Was its begin seen? If so, that is in @out */
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
			/* Unless an interrupt drove it out just now, it is ours */
			if (__sync_val_compare_and_swap(&f->list, list, 0) == list)
				return 1;
		}
	}
	return overflow_end(list, out);
}

#endif
