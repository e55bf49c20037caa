/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The record that every source hands to the incident tracker: what bpf/ writes
 * into its ring buffer and what a recording keeps on disk.
 *
 * One fixed layout serves all types, so that a reader needs no per-type size
 * table; a field that a type does not use holds ATCQ_NONE (32-bit identifiers)
 * or 0 (everything else).  A record only ever grows at its end: @size says how
 * much of it the writer knew, @version changes when a field's meaning does.
 *
 * The tracepoints named below come from patches/linux; their reference is
 * include/trace/events/{arm_smmu_v3,iommu}.h in that series.
 */
#ifndef ATCQ_EVENT_H
#define ATCQ_EVENT_H

#include <linux/types.h>

#define ATCQ_EVENT_VERSION	1

/* "Not known" or "does not apply", for every 32-bit identifier of a record */
#define ATCQ_NONE		0xffffffffu

/* The tracepoint a type comes from is in the comment; numbers are ABI. */
enum atcq_event_type {
	ATCQ_EV_CMD_SYNC = 1,		/* arm_smmu_cmd_sync; only if it failed */
	ATCQ_EV_GERROR = 2,		/* arm_smmu_gerror: code = active bits */
	ATCQ_EV_CMDQ_ERROR = 3,		/* arm_smmu_cmdq_error: "raised" */
	ATCQ_EV_ATC_TIMEOUT = 4,	/* arm_smmu_atc_timeout: "detected", one per Stream ID */
	ATCQ_EV_ATS_BLOCKED = 5,	/* arm_smmu_ats_blocked: "blocked" */
	ATCQ_EV_ATS_RESTORED = 6,	/* arm_smmu_ats_restored */
	ATCQ_EV_ATC_SUPPRESSED = 7,	/* arm_smmu_atc_inv_suppressed: count */
	ATCQ_EV_DEVICE_BROKEN = 8,	/* iommu_device_broken: reported to the core */
	ATCQ_EV_DEVICE_BLOCKED = 9,	/* iommu_device_blocked: "fenced" if code is broken */
	ATCQ_EV_DEVICE_UNBLOCKED = 10,	/* iommu_device_unblocked: "recovered" */
	ATCQ_EV_RESET_PREPARE = 11,	/* iommu_reset_prepare: "reset_begin" */
	ATCQ_EV_RESET_DONE = 12,	/* iommu_reset_done: "reset_end", ret = its result */
	ATCQ_EV_DEVICE_RELEASED = 13,	/* iommu_device_released: left its IOMMU group */
	ATCQ_EV_FAULT_FIRED = 14,	/* iommu_fault_fired: code = enum atcq_fault */
	/* Of any kernel: what bpf/stock and bpf/pci_errors see without patches/linux */
	ATCQ_EV_FLR = 15,		/* pcie_flr: ret, duration */
	ATCQ_EV_AER = 16,		/* ras:aer_event: code = status, source = enum atcq_aer */
	ATCQ_EV_DPC = 17,		/* log of the port @bdf: code = DPC Status register */
	ATCQ_EV_HOTPLUG = 18,		/* pci:pci_hp_event, or log, of the port @bdf: code = enum atcq_hotplug */
	/* A CMD_SYNC that waited while the CMDQ error at @prod was not acknowledged */
	ATCQ_EV_SYNC_DELAYED = 19,	/* duration, usual_ns */
	ATCQ_EV_ATC_ANSWERED = 20,	/* arm_smmu_atc_answered: suspected, but innocent */
	/*
	 * Made by who reads: within duration_ns before time_ns, count events were lost;
	 * 0: an unknown number. The largest type that an event can have.
	 */
	ATCQ_EV_LOST = 255,
};

/* Severity of an AER event, numbers as in the kernel's include/linux/aer.h */
enum atcq_aer {
	ATCQ_AER_NONFATAL = 0,
	ATCQ_AER_FATAL = 1,
	ATCQ_AER_CORRECTABLE = 2,
};

/* Numbers as in the kernel's enum pci_hotplug_event */
enum atcq_hotplug {
	ATCQ_HOTPLUG_LINK_UP = 0,
	ATCQ_HOTPLUG_LINK_DOWN = 1,
	ATCQ_HOTPLUG_CARD_PRESENT = 2,
	ATCQ_HOTPLUG_CARD_NOT_PRESENT = 3,
};

/* Why a device is blocked: iommu_device_{blocked,unblocked,released}, Q3 */
enum atcq_blocked {
	ATCQ_BLOCKED_NO = 0,
	ATCQ_BLOCKED_RESETTING = 1,
	ATCQ_BLOCKED_RESET_FAILED = 2,
	ATCQ_BLOCKED_BROKEN = 3,
};

/* Who drained a CMDQ error (arm_smmu_cmdq_error) */
enum atcq_raised_by {
	ATCQ_RAISED_IRQ = 0,		/* the GERROR interrupt handler */
	ATCQ_RAISED_ISSUER = 1,		/* the thread that polls for its CMD_SYNC */
	ATCQ_RAISED_INJECTED = 2,	/* the fault point atc-timeout */
	ATCQ_RAISED_LOG = 3,		/* stock kernel: read from its log message */
};

/* CMDQ_CONS.ERR, Arm IHI 0070 section 7.1 */
enum atcq_cerror {
	ATCQ_CERROR_NONE = 0,
	ATCQ_CERROR_ILL = 1,
	ATCQ_CERROR_ABT = 2,
	ATCQ_CERROR_ATC_INV_SYNC = 3,
};

/*
 * @time_ns: CLOCK_BOOTTIME in ns, when the tracepoint was hit
 * @duration_ns: of the operation that ended at @time_ns, 0 if not measured;
 *	for CMD_SYNC from "visible to hardware" to the result
 * @smmu: index of the SMMU (sysfs: /sys/class/iommu/NAME/arm-smmu-v3/index)
 * @sid, @ssid: Stream ID, Substream ID (PASID)
 * @prod: command queue position of the CMD_SYNC, wrap bit included
 * @segment, @bdf: PCI segment; bus << 8 | devfn
 * @ret: 0 or -errno
 * @code: per type, see enum atcq_event_type
 * @source: enum atcq_raised_by for CMDQ_ERROR, enum atcq_aer for AER
 * @ncmds, @natc: commands, and ATC_INVs among them, before the CMD_SYNC
 * @count: occurrences that this one record stands for, at least 1
 * @usual_ns: SYNC_DELAYED: mean duration of CMD_SYNCs that nothing held up
 */
struct atcq_event {
	__u16 version;
	__u16 type;
	__u32 size;
	__u64 time_ns;
	__u64 duration_ns;
	__u32 cpu;
	__u32 smmu;
	__u32 sid;
	__u32 ssid;
	__u32 prod;
	__u32 segment;
	__u32 bdf;
	__s32 ret;
	__u32 code;
	__u32 source;
	__u32 ncmds;
	__u32 natc;
	__u32 count;
	__u32 usual_ns;		/* was reserved, 0 */
};

#define ATCQ_EVENT_SIZE 80
_Static_assert(sizeof(struct atcq_event) == ATCQ_EVENT_SIZE, "event layout is ABI");
_Static_assert(__builtin_offsetof(struct atcq_event, time_ns) == 8, "event layout is ABI");
_Static_assert(__builtin_offsetof(struct atcq_event, smmu) == 28, "event layout is ABI");
_Static_assert(__builtin_offsetof(struct atcq_event, count) == 72, "event layout is ABI");

#endif
