/* SPDX-License-Identifier: GPL-2.0-only */
/* Events of AER, DPC and pciehp about a device or a port above it, on any kernel. */
#ifndef ATCQ_PCI_ERRORS_BPF_H
#define ATCQ_PCI_ERRORS_BPF_H

#include "common.bpf.h"
#include "compat.bpf.h"
#include "name.bpf.h"

/* User space sets it for kernels without the tracepoint pci_hp_event */
const volatile bool hotplug_from_log;

static __always_inline void named_event(__u16 type, const char *bdf, __u32 code, __u32 source)
{
	struct atcq_event *ev;
	__u32 segment, addr;

	if (!parse_bdf(bdf, &segment, &addr))
		return;
	ev = event_reserve(type);
	if (!ev)
		return;
	ev->segment = segment;
	ev->bdf = addr;
	ev->code = code;
	ev->source = source;
	bpf_ringbuf_submit(ev, 0);
}

SEC("raw_tp/aer_event")
int pci_error_aer(struct bpf_raw_tracepoint_args *ctx)
{
	char name[BDF_LEN + 1] = {};

	if (bpf_probe_read_kernel_str(name, sizeof(name), (void *)ctx->args[0]) > 0)
		named_event(ATCQ_EV_AER, name, ctx->args[1], (__u8)ctx->args[2]);
	return 0;
}

SEC("raw_tp/pci_hp_event")
int pci_error_hotplug(struct bpf_raw_tracepoint_args *ctx)
{
	char name[BDF_LEN + 1] = {};

	if (bpf_probe_read_kernel_str(name, sizeof(name), (void *)ctx->args[0]) > 0)
		named_event(ATCQ_EV_HOTPLUG, name, ctx->args[2], 0);
	return 0;
}

#define STARTS_WITH(text, what) same(text, what, sizeof(what) - 1)

static __always_inline int slot_change(const char *text)
{
	if (STARTS_WITH(text, SLOT_LINK_UP))
		return ATCQ_HOTPLUG_LINK_UP;
	if (STARTS_WITH(text, SLOT_LINK_DOWN))
		return ATCQ_HOTPLUG_LINK_DOWN;
	if (STARTS_WITH(text, SLOT_PRESENT))
		return ATCQ_HOTPLUG_CARD_PRESENT;
	return STARTS_WITH(text, SLOT_ABSENT) ? ATCQ_HOTPLUG_CARD_NOT_PRESENT : -1;
}

/* A line of the kernel's log, LOG_LINE bytes, zeroes at its end */
static __always_inline void pci_error_line(const char *text)
{
	const char *bdf = text + sizeof(PORT) - 1, *rest = bdf + BDF_LEN;
	__u32 status;
	int i, change;

	if (!STARTS_WITH(text, PORT))
		return;
	if (STARTS_WITH(rest, DPC_EVENT)) {
		if (hex(rest + sizeof(DPC_EVENT) - 1, 4, &status))
			named_event(ATCQ_EV_DPC, bdf, status, 0);
		return;
	}
	if (!hotplug_from_log || !STARTS_WITH(rest, SLOT))
		return;
	/* The name of a slot is short */
	for (i = sizeof(PORT) + BDF_LEN + sizeof(SLOT) - 2; i < LOG_LINE - 32; i++) {
		if (text[i] != ')' || text[i + 1] != ':')
			continue;
		change = slot_change(text + i + 3);
		if (change >= 0)
			named_event(ATCQ_EV_HOTPLUG, bdf, change, 0);
		return;
	}
}

SEC("raw_tp/console")
int pci_error_console(struct bpf_raw_tracepoint_args *ctx)
{
	char text[LOG_LINE] = {};

	if (bpf_probe_read_kernel_str(text, sizeof(text), (void *)ctx->args[0]) > 0)
		pci_error_line(text);
	return 0;
}

#endif
