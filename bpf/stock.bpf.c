// SPDX-License-Identifier: GPL-2.0-only
/*
 * Events of a kernel without patches/linux: from its functions and its
 * log. The cause of a CMDQ error is in a register that a program must not
 * read, so it comes from the message that the driver prints.
 */
#include "common.bpf.h"
#include "hook.bpf.h"
#include "pci_errors.bpf.h"
#include "stock_reset.bpf.h"
#include "stock_sync.bpf.h"

char LICENSE[] SEC("license") = "GPL";

/* The interrupt handler that is running on a CPU */
struct handler {
	__u32 runs;
	__u32 smmu;
	__u32 active;	/* bits of GERROR, 0 = not printed yet */
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct handler);
} handlers SEC(".maps");

static __always_inline void global_error(__u32 smmu, __u32 active)
{
	struct atcq_event *ev;

	count(ATCQ_CNT_GERRORS, 1);
	ev = event_reserve(ATCQ_EV_GERROR);
	if (!ev)
		return;
	ev->smmu = smmu;
	ev->code = active;
	bpf_ringbuf_submit(ev, 0);
}

/* (irq, smmu) */
static __always_inline int gerror_start(__u64 *ctx)
{
	__u32 zero = 0;
	struct handler *h = bpf_map_lookup_elem(&handlers, &zero);

	if (!h)
		return 0;
	h->runs = 1;
	h->smmu = smmu_index(ctx[1]);
	h->active = 0;
	return 0;
}

static __always_inline int gerror_end(__u64 unused, __s32 ret)
{
	__u32 zero = 0;
	struct handler *h = bpf_map_lookup_elem(&handlers, &zero);

	if (!h || !h->runs)
		return 0;
	h->runs = 0;
	if (ret == IRQ_HANDLED)
		global_error(h->smmu, h->active);
	return 0;
}

HOOK(gerror, "arm_smmu_gerror_handler", 2, 1, gerror_start, gerror_end)
HOOK(reset, "__pci_reset_function_locked", 1, 0, reset_start, reset_end)
HOOK(flr, "pcie_flr", 1, 0, reset_start, flr_end)
HOOK(prepare, "pci_dev_reset_iommu_prepare", 1, 0, nothing, prepare_end)
HOOK(done, "pci_dev_reset_iommu_done", 1, 0, done_start, done_end)

SEC("fentry/arm_smmu_release_device") int release_fentry(__u64 *ctx)
{
	return release_start(ctx);
}

SEC("kprobe/arm_smmu_release_device") int release_kprobe(__u64 *ctx)
{
	return release_start(ctx);
}

static __always_inline void cmdq_error(__u32 smmu, __u32 cons)
{
	__u32 cerror = cons >> CONS_ERR_SHIFT & CONS_ERR_MASK, prod = cons & CONS_POSITION;
	struct atcq_event *ev;

	count(ATCQ_CNT_CMDQ_ERRORS, 1);
	if (cerror == ATCQ_CERROR_ATC_INV_SYNC)
		error_raised(smmu, prod, 1);
	ev = event_reserve(ATCQ_EV_CMDQ_ERROR);
	if (!ev)
		return;
	ev->smmu = smmu;
	ev->prod = prod;
	ev->code = cerror;
	ev->source = ATCQ_RAISED_LOG;
	if (cerror == ATCQ_CERROR_ATC_INV_SYNC)
		ev->sid = attributed_sid();
	bpf_ringbuf_submit(ev, 0);
}

/* @text: LOG_LINE bytes. The offset of the message behind the names of driver and device, or 0 */
static __always_inline int find_message(const char *text)
{
	int i;

	for (i = sizeof(DRIVER) - 1; i < LOG_LINE - 48; i++)
		if (STARTS_WITH(text + i, ": CMDQ e") || STARTS_WITH(text + i, ": unexpe"))
			return i;
	return 0;
}

static __always_inline void driver_line(struct handler *h, const char *text)
{
	/* The running handler has the SMMU of the error; without one there must be a single SMMU */
	__u32 smmu = h->runs ? h->smmu : smmus[0] && !smmus[1] ? 0 : ATCQ_NONE, value;
	int at = find_message(text);

	if (!at)
		return;
	if (STARTS_WITH(text + at, CMDQ_ERROR) && hex(text + at + sizeof(CMDQ_ERROR) - 1, 8, &value))
		cmdq_error(smmu, value);
	else if (STARTS_WITH(text + at, GLOBAL_ERROR) && hex(text + at + sizeof(GLOBAL_ERROR) - 1, 8, &value)) {
		if (h->runs)
			h->active = value;
		else
			global_error(smmu, value);
	}
}

SEC("raw_tp/console")
int stock_console(struct bpf_raw_tracepoint_args *ctx)
{
	char text[LOG_LINE] = {};
	__u32 zero = 0;
	struct handler *h = bpf_map_lookup_elem(&handlers, &zero);

	if (h && bpf_probe_read_kernel_str(text, sizeof(text), (void *)ctx->args[0]) > 0 &&
	    STARTS_WITH(text, DRIVER))
		driver_line(h, text);
	return 0;
}
