// SPDX-License-Identifier: GPL-2.0-only
/*
 * Events of a kernel without patches/linux: what its functions and its log
 * give. The cause of a CMDQ error is in a register that a program must not
 * read, so it comes from the message that the driver prints.
 */
#include "common.bpf.h"
#include "compat.bpf.h"

char LICENSE[] SEC("license") = "GPL";

struct in_flight {
	__u64 start_ns;
	__u64 blame;	/* see atc_blame, 0 without an ATC_INV */
	__u32 smmu;
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

/*
 * Sum over the lists with an ATC_INV that are in flight now: a count in the
 * upper half, Stream IDs in the lower one. Only with a count of 1 is the rest a
 * Stream ID; a list that names several counts twice.
 */
__u64 atc_blame;
#define BLAME_ONE	(1ull << 32)

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

/* Lists are homogeneous and sorted by Stream ID: their two ends tell */
static __always_inline __u64 blame(__u64 cmds, __s32 n)
{
	__u64 first = 0, last = 0;

	if (n < 1 || n > CMDQ_BATCH_MAX ||
	    bpf_probe_read_kernel(&first, sizeof(first), (void *)cmds) ||
	    bpf_probe_read_kernel(&last, sizeof(last), (void *)(cmds + (n - 1) * CMD_BYTES)) ||
	    (last & CMD_OP_MASK) != CMD_ATC_INV)
		return 0;
	return first >> 32 == last >> 32 ? BLAME_ONE + (last >> 32) : 2 * BLAME_ONE;
}

static __always_inline int issue_enter(__u64 *ctx)
{
	struct in_flight f = { .start_ns = bpf_ktime_get_ns(), .smmu = smmu_index(ctx[0]) };
	__u64 key = ctx[2];
	__s32 n = ctx[3];

	/* Only the low byte of a bool in a register is defined */
	if (!(__u8)ctx[4])
		return 0;
	f.blame = blame(key, n);
	if (f.blame)
		count(ATCQ_CNT_ATC_INVS, n);
	if (bpf_map_update_elem(&flights, &key, &f, BPF_ANY))
		return 0;
	if (f.blame)
		__sync_fetch_and_add(&atc_blame, f.blame);
	return 0;
}

static __always_inline int issue_exit(__u64 *ctx)
{
	struct in_flight *f;
	__u64 key = ctx[2], ns;
	__s32 ret = ctx[5];

	f = bpf_map_lookup_elem(&flights, &key);
	if (!f)
		return 0;
	ns = bpf_ktime_get_ns() - f->start_ns;
	if (f->blame)
		__sync_fetch_and_add(&atc_blame, -f->blame);
	count(ATCQ_CNT_CMD_SYNCS, 1);
	if (ret)
		count(ATCQ_CNT_CMD_SYNC_FAILURES, 1);
	hist_add(f->smmu, ns, ret != 0);
	if (every_sync)
		sync_event(f->smmu, ATCQ_NONE, ctx[3], 0, ns, ret);
	bpf_map_delete_elem(&flights, &key);
	return 0;
}

/* Attached in this order: an entry whose exit is missed would be in flight for ever */
SEC("fexit/__arm_smmu_cmdq_issue_cmdlist")
int stock_issue_exit(__u64 *ctx)
{
	return issue_exit(ctx);
}

SEC("fentry/__arm_smmu_cmdq_issue_cmdlist")
int stock_issue_enter(__u64 *ctx)
{
	return issue_enter(ctx);
}

SEC("raw_tp/console")
int stock_console(struct bpf_raw_tracepoint_args *ctx)
{
	char text[LOG_LINE] = {};
	struct atcq_event *ev;
	__u32 cons, cerror;

	if (bpf_probe_read_kernel_str(text, sizeof(text), (void *)ctx->args[0]) < 0 ||
	    !parse_cmdq_error(text, &cons, &cerror))
		return 0;
	count(ATCQ_CNT_GERRORS, 1);
	count(ATCQ_CNT_CMDQ_ERRORS, 1);
	ev = event_reserve(ATCQ_EV_CMDQ_ERROR);
	if (!ev)
		return 0;
	ev->smmu = smmus[0] && !smmus[1] ? 0 : ATCQ_NONE;
	ev->prod = cons & CONS_POSITION;
	ev->code = cerror;
	ev->source = ATCQ_RAISED_LOG;
	if (cerror == ATCQ_CERROR_ATC_INV_SYNC && atc_blame >> 32 == 1)
		ev->sid = atc_blame;
	bpf_ringbuf_submit(ev, 0);
	return 0;
}
