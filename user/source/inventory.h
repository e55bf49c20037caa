/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reads the PCI devices behind SMMUv3s from sysfs.  It reads no registers of devices
 * except the ATS capability in configuration space, and only of devices that do not
 * publish their state (kernels without patches/linux).
 */
#ifndef ATCQ_SOURCE_INVENTORY_H
#define ATCQ_SOURCE_INVENTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/device.h"

/*
 * @sysfs: mount point, "/sys" except in tests.  Returns 0 or -errno; a machine
 * without an SMMUv3 is 0 with nsmmu == 0.  A device that is removed during the
 * call is left out.  Free with inventory__free().
 */
int inventory__read(struct inventory *inv, const char *sysfs);
/* Replaces @inv, which was read before; faster */
int inventory__reread(struct inventory *inv, const char *sysfs);
/*
 * The same without access to any device: on kernels without patches/linux, the ATS state
 * of a device is taken from @inv as it was, or unknown.
 */
int inventory__reread_passively(struct inventory *inv, const char *sysfs);
/*
 * For frequent calls. If devices were added or removed since the last call, or on the
 * first call, everything is read passively. Otherwise the driver, the ATS state and the
 * blocked state of at most @most devices are read, in turns: of @n devices from @from on,
 * where the first follows the last.
 */
struct inventory_scan { bool changed; size_t from, n; };
int inventory__refresh(struct inventory *inv, const char *sysfs, size_t most, struct inventory_scan *scan);

/* The length of an array that is indexed by SMMU; at least 1 */
uint32_t inventory__smmu_slots(const char *sysfs);

#endif
