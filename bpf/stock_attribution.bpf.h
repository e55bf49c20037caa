/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Attributes a CMDQ error to a Stream ID. The driver's message has none; it is known only
 * if a single Stream ID has ATC_INVs in the queue.
 */
#ifndef ATCQ_STOCK_ATTRIBUTION_BPF_H
#define ATCQ_STOCK_ATTRIBUTION_BPF_H

#include "common.bpf.h"
#include "compat.bpf.h"

/*
 * ATC_INVs by SMMU << 32 | Stream ID. Most are counted in a table, because a look-up in a
 * hash map takes longer than all the rest; the map counts those whose slot is taken.
 */
#define ATC_SLOTS	256
#define ATC_SLOT_USED	(1ull << 63)

__u64 atc_slots[ATC_SLOTS];	/* keys, with ATC_SLOT_USED; 0: free */
__u64 atc_slot_counts[ATC_SLOTS];

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__type(key, __u64);
	__type(value, __u64);
} atc_invs SEC(".maps");

/*
 * An attribution: a count of lists with an ATC_INV in the upper half, the sum of their
 * Stream IDs in the lower one, which is a Stream ID only with a count of 1. A list with
 * several Stream IDs counts twice.
 */
#define ATTRIBUTION_ONE	(1ull << 32)

__u64 atc_attribution;	/* lists in flight now */

/*
 * Lists whose issuer gave up waiting while the SMMU still works on them, and initially
 * lists that started before the programs were attached. A queue works in order: they are
 * done when a CMD_SYNC that started later ends without error.
 */
__u64 abandoned = 2 * ATTRIBUTION_ONE;
__u64 abandoned_ns;

static __always_inline void count_atc(__u32 smmu, __u32 sid, __u64 n)
{
	__u64 key = (__u64)smmu << 32 | sid, *known, place = key | ATC_SLOT_USED, old;
	/* Devices behind different ports may differ in the bus number only */
	__u32 at = (sid ^ sid >> 8 ^ smmu) % ATC_SLOTS;

	old = atc_slots[at];
	if (!old)
		old = __sync_val_compare_and_swap(&atc_slots[at], 0, place) ?: place;
	if (old == place) {
		__sync_fetch_and_add(&atc_slot_counts[at], n);
		return;
	}
	known = bpf_map_lookup_elem(&atc_invs, &key);
	if (known)
		__sync_fetch_and_add(known, n);
	else
		bpf_map_update_elem(&atc_invs, &key, &n, BPF_ANY);
}

/* @typed: BTF has the argument types of this program, so that a load needs no helper */
static __always_inline __u64 word(__u64 cmds, __u32 i, bool typed)
{
	__u64 w = 0, at = cmds + i * CMD_BYTES;

	if (typed)
		return load_u64(at);
	bpf_probe_read_kernel(&w, sizeof(w), (void *)at);
	return w;
}

/* A list has commands of one kind, and one Stream ID unless devices share a domain */
static __always_inline __u64 attribution_of(__u64 cmds, __s32 n, __u32 smmu, bool typed)
{
	__u64 last, w;
	__s32 i;

	if (n < 1 || n > CMDQ_BATCH_MAX)
		return 0;
	last = word(cmds, n - 1, typed);
	if ((last & CMD_OP_MASK) != CMD_ATC_INV)
		return 0;
	if (n == 1 || word(cmds, 0, typed) >> 32 == last >> 32) {
		count_atc(smmu, last >> 32, n);
		return ATTRIBUTION_ONE + (last >> 32);
	}
	for (i = 0; i < CMDQ_BATCH_MAX && i < n; i++) {
		w = word(cmds, i, typed);
		if ((w & CMD_OP_MASK) == CMD_ATC_INV)
			count_atc(smmu, w >> 32, 1);
	}
	return 2 * ATTRIBUTION_ONE;
}

static __always_inline void attribution_start(__u64 attribution)
{
	if (attribution)
		__sync_fetch_and_add(&atc_attribution, attribution);
}

static __always_inline void attribution_end(__u64 attribution, __u64 start_ns, __u64 now_ns, __s32 ret)
{
	__u64 old = abandoned;

	if (ret && attribution) {
		abandoned_ns = now_ns;
		__sync_fetch_and_add(&abandoned, attribution);
	} else if (!ret && old && start_ns > abandoned_ns) {
		__sync_val_compare_and_swap(&abandoned, old, 0);
	}
	if (attribution)
		__sync_fetch_and_add(&atc_attribution, -attribution);
}

/* The Stream ID of a CMDQ error now; ATCQ_NONE: ambiguous */
static __always_inline __u32 attributed_sid(void)
{
	__u64 attribution = atc_attribution + abandoned;

	return attribution >> 32 == 1 ? (__u32)attribution : ATCQ_NONE;
}

#endif
