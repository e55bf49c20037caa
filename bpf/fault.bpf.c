// SPDX-License-Identifier: GPL-2.0-only
/*
 * One program a fault point; user space loads those that its rules need. What
 * another injector's program decided before is left as it is.
 */
#include "rule.bpf.h"

char LICENSE[] SEC("license") = "GPL";

#define HOOK(function, fault, kind)				\
SEC("fmod_ret/" #function)					\
int function(__u64 *ctx)					\
{								\
	__s32 ret = ctx[3];					\
								\
	return ret ? ret : rule_fires(fault, kind, ctx[0], ctx[1], ctx[2]);	\
}

#define STREAM_HOOK(function, fault) HOOK(function, fault, ATCQ_TARGET_STREAM)
#define DEVICE_HOOK(function, fault) HOOK(function, fault, ATCQ_TARGET_DEVICE)

STREAM_HOOK(arm_smmu_fault_atc_timeout, ATCQ_FAULT_ATC_TIMEOUT)
STREAM_HOOK(arm_smmu_fault_sync_timeout, ATCQ_FAULT_SYNC_TIMEOUT)
STREAM_HOOK(arm_smmu_fault_retry_timeout, ATCQ_FAULT_RETRY_TIMEOUT)
STREAM_HOOK(arm_smmu_fault_gerror_late, ATCQ_FAULT_GERROR_LATE)
STREAM_HOOK(arm_smmu_fault_gerror_lost, ATCQ_FAULT_GERROR_LOST)
STREAM_HOOK(arm_smmu_fault_queue_full, ATCQ_FAULT_QUEUE_FULL)
STREAM_HOOK(arm_smmu_fault_ste_sync_fail, ATCQ_FAULT_STE_SYNC_FAIL)
DEVICE_HOOK(iommu_fault_report_late, ATCQ_FAULT_REPORT_LATE)
DEVICE_HOOK(iommu_fault_fence_fail, ATCQ_FAULT_FENCE_FAIL)
DEVICE_HOOK(iommu_fault_reset_prepare_fail, ATCQ_FAULT_RESET_PREPARE_FAIL)
DEVICE_HOOK(iommu_fault_reattach_fail, ATCQ_FAULT_REATTACH_FAIL)
DEVICE_HOOK(pci_fault_reset_fail, ATCQ_FAULT_RESET_FAIL)
DEVICE_HOOK(pci_fault_reset_late, ATCQ_FAULT_RESET_LATE)
DEVICE_HOOK(pci_fault_notify_late, ATCQ_FAULT_NOTIFY_LATE)
