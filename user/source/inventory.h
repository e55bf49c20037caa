/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The PCI devices behind SMMUv3s as sysfs tells them, now.  Reads no device's
 * registers except the ATS capability in configuration space, and that only
 * for devices that do not publish their state (kernels without patches/linux).
 */
#ifndef ATCQ_SOURCE_INVENTORY_H
#define ATCQ_SOURCE_INVENTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/device.h"

/*
 * @sysfs: mount point, "/sys" but for tests.  Returns 0 or -errno; a machine
 * without an SMMUv3 is 0 with nsmmu == 0.  A device that vanishes meanwhile is
 * left out.  Free with inventory__free().
 */
int inventory__read(struct inventory *inv, const char *sysfs);
/* The same for one that was read before, which it replaces; faster */
int inventory__reread(struct inventory *inv, const char *sysfs);
/*
 * The same without touching any device: on kernels without patches/linux, whether a
 * device has ATS is what was known of it before, or unknown.
 */
int inventory__reread_passively(struct inventory *inv, const char *sysfs);
/*
 * For who looks often. If devices have come or gone since the last call (or it is the
 * first) everything is read passively. Else of at most @most devices, in turns, what may
 * have changed: driver, ATS, why it is blocked; those are @n devices from @from on, and
 * go on with the first behind the last.
 */
struct inventory_scan { bool changed; size_t from, n; };
int inventory__refresh(struct inventory *inv, const char *sysfs, size_t most, struct inventory_scan *scan);

/* How long an array has to be that is indexed by SMMU; at least 1 */
uint32_t inventory__smmu_slots(const char *sysfs);

#endif
