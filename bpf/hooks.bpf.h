/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The fault points: kernel function, number, and kind of target. User
 * space loads those programs that its rules need, by the functions' names.
 */
#ifndef ATCQ_HOOKS_BPF_H
#define ATCQ_HOOKS_BPF_H

#define STREAM_HOOKS(X)							\
	X(arm_smmu_fault_atc_timeout, ATCQ_FAULT_ATC_TIMEOUT)		\
	X(arm_smmu_fault_sync_timeout, ATCQ_FAULT_SYNC_TIMEOUT)		\
	X(arm_smmu_fault_retry_timeout, ATCQ_FAULT_RETRY_TIMEOUT)	\
	X(arm_smmu_fault_gerror_late, ATCQ_FAULT_GERROR_LATE)		\
	X(arm_smmu_fault_gerror_lost, ATCQ_FAULT_GERROR_LOST)		\
	X(arm_smmu_fault_queue_full, ATCQ_FAULT_QUEUE_FULL)		\
	X(arm_smmu_fault_ste_sync_fail, ATCQ_FAULT_STE_SYNC_FAIL)

#define DEVICE_HOOKS(X)							\
	X(iommu_fault_report_late, ATCQ_FAULT_REPORT_LATE)		\
	X(iommu_fault_fence_fail, ATCQ_FAULT_FENCE_FAIL)		\
	X(iommu_fault_reset_prepare_fail, ATCQ_FAULT_RESET_PREPARE_FAIL)	\
	X(iommu_fault_reattach_fail, ATCQ_FAULT_REATTACH_FAIL)		\
	X(pci_fault_reset_fail, ATCQ_FAULT_RESET_FAIL)			\
	X(pci_fault_reset_late, ATCQ_FAULT_RESET_LATE)			\
	X(pci_fault_notify_late, ATCQ_FAULT_NOTIFY_LATE)

#endif
