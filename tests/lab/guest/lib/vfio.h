/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * PCI devices in one VFIO type1 container, and so in one IOMMU domain. Whatever
 * goes wrong ends the program, with a message that names the object.
 */
#ifndef LAB_VFIO_H
#define LAB_VFIO_H

#include <stddef.h>
#include <stdint.h>

#define VFIO_MAX_DEVICES	80

struct vfio {
	int container, ndev;
	int group[VFIO_MAX_DEVICES], device[VFIO_MAX_DEVICES];
	const char *bdf[VFIO_MAX_DEVICES];
};

void die(const char *what, const char *which);

/* Has vfio-pci be the device's driver */
void vfio__bind_driver(const char *bdf);
/* Binds each device to vfio-pci, which resets it, and opens it */
void vfio__open(struct vfio *v, const char *const *bdf, int ndev);
void vfio__map(const struct vfio *v, void *buf, uint64_t iova, uint64_t size);
/* Returns the duration of the unmap in ns */
int64_t vfio__unmap(const struct vfio *v, uint64_t iova, uint64_t size);
/* BAR 0 of device @i, mapped; the device may then also be a bus master */
volatile uint32_t *vfio__bar0(const struct vfio *v, int i);
/* Resets device @i as its user would; 0 or an errno */
int vfio__reset(const struct vfio *v, int i);
/* Resets device @i with its slot or bus, alone on it; 0 or an errno */
int vfio__hot_reset(const struct vfio *v, int i);
/* A descriptor that gets readable when error recovery reports device @i */
int vfio__error_fd(const struct vfio *v, int i);
int64_t now_ns(void);	/* CLOCK_MONOTONIC */

#endif
