// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>

#include "fault.h"

/* In the order in which an incident meets them */
const struct fault_point fault_points[] = {
	{
		ATCQ_FAULT_ATC_TIMEOUT, "atc-timeout", "arm_smmu_fault_atc_timeout",
		ATCQ_TARGET_STREAM, BLAST_DEVICE, TAKES_DEVICE | TAKES_SSID, -EIO,
		"the device does not answer an ATC invalidation",
	},
	{
		ATCQ_FAULT_SYNC_TIMEOUT, "sync-timeout", "arm_smmu_fault_sync_timeout",
		ATCQ_TARGET_STREAM, BLAST_SMMU, TAKES_DEVICE | TAKES_SSID, -ETIMEDOUT,
		"the driver gives up polling for a CMD_SYNC",
	},
	{
		ATCQ_FAULT_RETRY_TIMEOUT, "retry-timeout", "arm_smmu_fault_retry_timeout",
		ATCQ_TARGET_STREAM, BLAST_DEVICE, TAKES_DEVICE, -EIO,
		"a suspect does not answer when asked alone either",
	},
	{
		ATCQ_FAULT_GERROR_LATE, "gerror-late", "arm_smmu_fault_gerror_late",
		ATCQ_TARGET_STREAM, BLAST_SMMU, TAKES_DELAY, 1,
		"the handler of the SMMU's errors runs late",
	},
	{
		ATCQ_FAULT_GERROR_LOST, "gerror-lost", "arm_smmu_fault_gerror_lost",
		ATCQ_TARGET_STREAM, BLAST_SMMU, 0, -EIO,
		"the handler leaves a queue error to those who poll",
	},
	{
		ATCQ_FAULT_QUEUE_FULL, "queue-full", "arm_smmu_fault_queue_full",
		ATCQ_TARGET_STREAM, BLAST_SMMU, TAKES_DEVICE | TAKES_SSID, -ENOSPC,
		"there is no room for the next commands",
	},
	{
		ATCQ_FAULT_STE_SYNC_FAIL, "ste-sync-fail", "arm_smmu_fault_ste_sync_fail",
		ATCQ_TARGET_STREAM, BLAST_DEVICE, TAKES_DEVICE | TAKES_ERRNO, -ETIMEDOUT,
		"the SMMU does not get to see that ATS is blocked",
	},
	{
		ATCQ_FAULT_REPORT_LATE, "report-late", "iommu_fault_report_late",
		ATCQ_TARGET_DEVICE, BLAST_GROUP, TAKES_DEVICE | TAKES_DELAY, 1,
		"a broken device is fenced late",
	},
	{
		ATCQ_FAULT_FENCE_FAIL, "fence-fail", "iommu_fault_fence_fail",
		ATCQ_TARGET_DEVICE, BLAST_DEVICE, TAKES_DEVICE | TAKES_ERRNO, -ENOMEM,
		"a broken device cannot be fenced",
	},
	{
		ATCQ_FAULT_RESET_PREPARE_FAIL, "reset-prepare-fail", "iommu_fault_reset_prepare_fail",
		ATCQ_TARGET_DEVICE, BLAST_DEVICE, TAKES_DEVICE | TAKES_ERRNO, -ENOMEM,
		"the device cannot be blocked for its reset",
	},
	{
		ATCQ_FAULT_RESET_LATE, "reset-late", "pci_fault_reset_late",
		ATCQ_TARGET_DEVICE, BLAST_DEVICE, TAKES_DEVICE | TAKES_DELAY, 1,
		"the device takes long to work after a reset",
	},
	{
		ATCQ_FAULT_RESET_FAIL, "reset-fail", "pci_fault_reset_fail",
		ATCQ_TARGET_DEVICE, BLAST_DEVICE, TAKES_DEVICE | TAKES_ERRNO, -ENOTTY,
		"the device does not come back after a reset",
	},
	{
		ATCQ_FAULT_REATTACH_FAIL, "reattach-fail", "iommu_fault_reattach_fail",
		ATCQ_TARGET_DEVICE, BLAST_DEVICE, TAKES_DEVICE | TAKES_SSID | TAKES_ERRNO, -ENOMEM,
		"a domain cannot be attached again after a reset",
	},
	{
		ATCQ_FAULT_NOTIFY_LATE, "notify-late", "pci_fault_notify_late",
		ATCQ_TARGET_DEVICE, BLAST_DEVICE, TAKES_DEVICE | TAKES_DELAY, 1,
		"the driver is notified late that its device is broken",
	},
};
const size_t fault_points_n = sizeof(fault_points) / sizeof(fault_points[0]);

const struct fault_point *fault_point__find(const char *name)
{
	for (size_t i = 0; i < fault_points_n; i++)
		if (!strcmp(fault_points[i].name, name))
			return &fault_points[i];
	return NULL;
}

const struct fault_point *fault_point__by_number(unsigned int number)
{
	for (size_t i = 0; i < fault_points_n; i++)
		if (fault_points[i].number == number)
			return &fault_points[i];
	return NULL;
}

const char *blast_radius__name(enum blast_radius blast)
{
	switch (blast) {
	case BLAST_DEVICE:
		return "the device";
	case BLAST_GROUP:
		return "its IOMMU group";
	case BLAST_SMMU:
		return "all behind its SMMU";
	}
	return "?";
}
