/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Resets of a function, and removed devices. A successful reset ends an incident: this
 * kernel has blocked nothing, so that the device is in use again.
 */
#ifndef ATCQ_STOCK_RESET_BPF_H
#define ATCQ_STOCK_RESET_BPF_H

#include <bpf/bpf_core_read.h>

#include "common.bpf.h"
#include "compat.bpf.h"
#include "name.bpf.h"

struct reset {
	__u64 start_ns;
	__u64 done_ns, attached_ns;	/* CLOCK_BOOTTIME: start and end of pci_dev_reset_iommu_done() */
	__u32 depth;			/* a reset method may call another one */
	__u32 prepared;
};

/* By the address of the pci_dev during its reset */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, __u64);
	__type(value, struct reset);
} resets SEC(".maps");

/* User space sets it if pci_dev_reset_iommu_prepare() can be traced */
const volatile bool prepare_is_seen;

/* NULL also if it is not a PCI device */
static __always_inline struct atcq_event *device_event(__u16 type, const struct device *dev)
{
	char text[BDF_LEN + 1] = {};
	struct atcq_event *ev;
	__u32 segment, bdf;

	if (bpf_probe_read_kernel_str(text, sizeof(text), BPF_CORE_READ(dev, kobj.name)) < 0 ||
	    !parse_bdf(text, &segment, &bdf))
		return NULL;
	ev = event_reserve(type);
	if (ev) {
		ev->segment = segment;
		ev->bdf = bdf;
	}
	return ev;
}

static __always_inline void pci_event(__u16 type, __u64 pdev, __s32 ret, __u64 time_ns, __u64 ns)
{
	struct pci_dev *dev = (void *)pdev;
	struct atcq_event *ev = device_event(type, __builtin_preserve_access_index(&dev->dev));

	if (!ev)
		return;
	ev->ret = ret;
	ev->duration_ns = ns;
	if (time_ns)
		ev->time_ns = time_ns;
	bpf_ringbuf_submit(ev, 0);
}

static __always_inline int reset_start(__u64 *ctx)
{
	struct reset r = { .start_ns = bpf_ktime_get_ns(), .depth = 1 }, *known;
	__u64 pdev = ctx[0];

	known = bpf_map_lookup_elem(&resets, &pdev);
	if (known) {
		known->depth++;
		return 0;
	}
	bpf_map_update_elem(&resets, &pdev, &r, BPF_ANY);
	if (!prepare_is_seen)
		pci_event(ATCQ_EV_RESET_PREPARE, pdev, 0, 0, 0);
	return 0;
}

static __always_inline int reset_end(__u64 pdev, __s32 ret)
{
	struct reset *known = bpf_map_lookup_elem(&resets, &pdev), r;

	if (!known || --known->depth)
		return 0;
	r = *known;
	bpf_map_delete_elem(&resets, &pdev);
	pci_event(ATCQ_EV_RESET_DONE, pdev, ret, r.done_ns, bpf_ktime_get_ns() - r.start_ns);
	if (!ret)
		pci_event(ATCQ_EV_DEVICE_UNBLOCKED, pdev, 0, r.attached_ns, 0);
	return 0;
}

/*
 * An FLR is also a reset of its own, when a driver calls it. Where it ends with
 * pci_dev_reset_iommu_done() (later than v6.18), the device was reset before that call.
 */
static __always_inline int flr_end(__u64 pdev, __s32 ret)
{
	struct reset *r = bpf_map_lookup_elem(&resets, &pdev);

	pci_event(ATCQ_EV_FLR, pdev, ret, r ? r->done_ns : 0, r ? bpf_ktime_get_ns() - r->start_ns : 0);
	return reset_end(pdev, ret);
}

static __always_inline int nothing(__u64 *ctx)
{
	return 0;
}

static __always_inline int prepare_end(__u64 pdev, __s32 ret)
{
	struct reset *r = bpf_map_lookup_elem(&resets, &pdev);

	if (!r || r->prepared)
		return 0;
	r->prepared = 1;
	pci_event(ATCQ_EV_RESET_PREPARE, pdev, ret, 0, 0);
	return 0;
}

static __always_inline int done_start(__u64 *ctx)
{
	__u64 pdev = ctx[0];
	struct reset *r = bpf_map_lookup_elem(&resets, &pdev);

	if (r)
		r->done_ns = bpf_ktime_get_boot_ns();
	return 0;
}

static __always_inline int done_end(__u64 pdev, __s32 ret)
{
	struct reset *r = bpf_map_lookup_elem(&resets, &pdev);

	if (r)
		r->attached_ns = bpf_ktime_get_boot_ns();
	return 0;
}

static __always_inline int release_start(__u64 *ctx)
{
	struct atcq_event *ev = device_event(ATCQ_EV_DEVICE_RELEASED, (void *)ctx[0]);

	if (ev)
		bpf_ringbuf_submit(ev, 0);
	return 0;
}

#endif
