/* SPDX-License-Identifier: GPL-2.0-only */
/* The kernel's constants and structures that bpf/ needs, each with its origin. */
#ifndef ATCQ_COMPAT_BPF_H
#define ATCQ_COMPAT_BPF_H

#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>

/* struct arm_smmu_cmd, u64[CMDQ_ENT_DWORDS] before v7.2: two words a command */
#define CMD_BYTES	16
/* CMDQ_BATCH_ENTRIES, since v5.6 (commit 4ce8da453640) */
#define CMDQ_BATCH_MAX	64

/* Arm IHI 0070, 4.5.1: the opcode; a Stream ID in bits 63:32 */
#define CMD_OP_MASK	0xff
#define CMD_ATC_INV	0x40
/* Arm IHI 0070, 6.3.28: SMMU_CMDQ_CONS is index, wrap bit, and the error */
#define CONS_POSITION	0xfffff
#define CONS_ERR_SHIFT	24
#define CONS_ERR_MASK	0x7f

/* irqreturn_t, since v2.6.30 */
#define IRQ_HANDLED	1

#define LOG_LINE	96

/*
 * Messages of the SMMUv3 driver, after the names of driver and device:
 * __arm_smmu_cmdq_skip_err() and arm_smmu_gerror_handler(), unchanged since v4.2
 * (commit 48ec83bcbcf5).
 */
#define DRIVER		"arm-smmu-v3 "
#define CMDQ_ERROR	": CMDQ error (cons 0x"
#define GLOBAL_ERROR	": unexpected global error reported (0x"

/*
 * Messages of a port's services, behind the port's address: DPC since v4.8
 * (commit 26e515713342), with its "DPC: " since v5.2; pciehp's since v4.19 (commit
 * d331710ea78f), parsed only without the tracepoint pci_hp_event of commit
 * 9e541b3cee70.
 */
#define PORT		"pcieport "
#define DPC_EVENT	": DPC: containment event, status:0x"
#define SLOT		": pciehp: Slot("
#define SLOT_LINK_UP	"Link Up"
#define SLOT_LINK_DOWN	"Link Down"
#define SLOT_PRESENT	"Card present"
#define SLOT_ABSENT	"Card not present"

/* Relocated to the kernel's structures: only the names count */
#define KERNEL __attribute__((preserve_access_index))
struct kobject {
	const char *name;
} KERNEL;
struct device {
	struct kobject kobj;
} KERNEL;
struct pci_dev {
	struct device dev;
} KERNEL;

/*
 * A load that the kernel guards, since v6.2 (commit a35b9af4ec2c), by the name of a
 * structure that starts with 64 bits on every kernel.
 */
struct timespec64 {
	__s64 tv_sec;
} KERNEL;
extern void *bpf_rdonly_cast(const void *obj, __u32 btf_id) __ksym __weak;

static __always_inline __u64 load_u64(__u64 at)
{
	struct timespec64 *t = bpf_rdonly_cast((void *)at, bpf_core_type_id_kernel(struct timespec64));

	return t->tv_sec;
}

/* struct user_pt_regs of arm64: x0 to x7 are a function's arguments, x0 its result */
#define REGS_SP		31

#endif
