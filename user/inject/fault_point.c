// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "fault_point.h"

const struct fault_point fault_points[] = {
	{
		.number = ATCQ_FAULT_ATC_TIMEOUT, .name = "atc-timeout",
		.function = "arm_smmu_fault_atc_timeout", .nargs = 3, .blast = BLAST_DEVICE,
		.summary = "the device does not answer an ATC invalidation",
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

const char *blast_radius__name(enum blast_radius blast)
{
	return blast == BLAST_DEVICE ? "the device" : "?";
}
