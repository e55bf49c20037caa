/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A PCI device by iommufd, which can give it an address space a PASID. The numbers
 * are those of Linux' uapi headers, which Debian 12 has older ones of.
 */
#ifndef LAB_IOMMUFD_H
#define LAB_IOMMUFD_H

#include <stdint.h>

#include "vfio.h"

#define IOMMUFD_NO_PASID	UINT32_MAX

struct iommufd {
	int fd;
	uint32_t dev_id;
	struct vfio vfio;	/* what vfio.h's functions need of the one device */
};

void iommufd__open(struct iommufd *i, const char *bdf);
/* One more device for the user of @with, and so for the same address spaces */
void iommufd__join(struct iommufd *i, const struct iommufd *with, const char *bdf);

/* An address space, and a page table for it that goes with PASIDs */
struct iommufd_space {
	uint32_t ioas, hwpt;
};
void iommufd__space(const struct iommufd *i, struct iommufd_space *s);
/* The same, but 0 or an errno if there is no page table to be had */
int iommufd__try_space(const struct iommufd *i, struct iommufd_space *s);
void iommufd__map(const struct iommufd *i, const struct iommufd_space *s, void *buf,
		  uint64_t iova, uint64_t size);
void iommufd__unmap(const struct iommufd *i, const struct iommufd_space *s, uint64_t iova,
		    uint64_t size);

/* For the device itself or one of its PASIDs; 0 or an errno */
int iommufd__attach(const struct iommufd *i, const struct iommufd_space *s, uint32_t pasid);
int iommufd__detach(const struct iommufd *i, uint32_t pasid);

#endif
