/* SPDX-License-Identifier: GPL-2.0-only */
/* Names that sysfs has for what devices are in or behind; reads no device's registers. */
#ifndef ATCQ_SLOTS_H
#define ATCQ_SLOTS_H

#include <stddef.h>
#include <stdint.h>

/* The physical slot of device @bdf, "" if it is in none that the platform tells */
void slot__name(const char *sysfs, const char *bdf, char *out, size_t len);

#define SMMU_PREFIX "smmu3."	/* of its name in /sys/class/iommu */

/* Calls @fn for each SMMUv3; @index: ATCQ_NONE if the kernel does not say */
typedef int (*smmu_fn)(void *ctx, const char *name, uint32_t index);
int smmus__each(const char *sysfs, smmu_fn fn, void *ctx);

#endif
