// SPDX-License-Identifier: GPL-2.0-only
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/types.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

#include "iommufd.h"

/* include/uapi/linux/iommufd.h */
struct ioas_alloc { __u32 size, flags, out_ioas_id; };
struct ioas_map { __u32 size, flags, ioas_id, reserved; __u64 user_va, length, iova; };
struct ioas_unmap { __u32 size, ioas_id; __u64 iova, length; };
struct hwpt_alloc {
	__u32 size, flags, dev_id, pt_id, out_hwpt_id, reserved, data_type, data_len;
	__u64 data_uptr;
	__u32 fault_id, reserved2;
};
#define IOAS_ALLOC	_IO(';', 0x81)
#define IOAS_MAP	_IO(';', 0x85)
#define IOAS_UNMAP	_IO(';', 0x86)
#define HWPT_ALLOC	_IO(';', 0x89)
#define MAP_FIXED_IOVA	1
#define MAP_WRITEABLE	2
#define MAP_READABLE	4
#define HWPT_ALLOC_PASID	(1 << 3)

/* include/uapi/linux/vfio.h */
struct bind_iommufd { __u32 argsz, flags; __s32 iommufd; __u32 out_devid; __u64 token; };
struct attach_pt { __u32 argsz, flags, pt_id, pasid; };
struct detach_pt { __u32 argsz, flags, pasid; };
#define BIND_IOMMUFD	_IO(';', 100 + 18)
#define ATTACH_PT	_IO(';', 100 + 19)
#define DETACH_PT	_IO(';', 100 + 20)
#define WITH_PASID	1

static int open_cdev(const char *bdf)
{
	char path[PATH_MAX], name[NAME_MAX + 1] = "";
	struct dirent *de;
	DIR *dir;
	int fd;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/vfio-dev", bdf);
	dir = opendir(path);
	if (!dir)
		die("open", path);
	while ((de = readdir(dir)))
		if (!strncmp(de->d_name, "vfio", 4))
			snprintf(name, sizeof(name), "%s", de->d_name);
	closedir(dir);
	snprintf(path, sizeof(path), "/dev/vfio/devices/%s", name);
	fd = open(path, O_RDWR);
	if (fd < 0)
		die("open", path);
	return fd;
}

static void bind_device(struct iommufd *i, int fd, const char *bdf)
{
	struct bind_iommufd bind = { .argsz = 16, .iommufd = fd };

	vfio__bind_driver(bdf);
	i->fd = fd;
	i->vfio = (struct vfio) { .ndev = 1, .device = { open_cdev(bdf) }, .bdf = { bdf } };
	if (ioctl(i->vfio.device[0], BIND_IOMMUFD, &bind))
		die("bind to iommufd", bdf);
	i->dev_id = bind.out_devid;
}

void iommufd__open(struct iommufd *i, const char *bdf)
{
	int fd = open("/dev/iommu", O_RDWR);

	if (fd < 0)
		die("open", "/dev/iommu");
	bind_device(i, fd, bdf);
}

void iommufd__join(struct iommufd *i, const struct iommufd *with, const char *bdf)
{
	bind_device(i, with->fd, bdf);
}

int iommufd__try_space(const struct iommufd *i, struct iommufd_space *s)
{
	struct ioas_alloc ioas = { .size = sizeof(ioas) };
	struct hwpt_alloc hwpt = { .size = sizeof(hwpt), .flags = HWPT_ALLOC_PASID, .dev_id = i->dev_id };

	if (ioctl(i->fd, IOAS_ALLOC, &ioas))
		die("address space for", i->vfio.bdf[0]);
	hwpt.pt_id = ioas.out_ioas_id;
	if (ioctl(i->fd, HWPT_ALLOC, &hwpt))
		return errno;
	*s = (struct iommufd_space) { .ioas = ioas.out_ioas_id, .hwpt = hwpt.out_hwpt_id };
	return 0;
}

void iommufd__space(const struct iommufd *i, struct iommufd_space *s)
{
	errno = iommufd__try_space(i, s);
	if (errno)
		die("page table for", i->vfio.bdf[0]);
}

void iommufd__map(const struct iommufd *i, const struct iommufd_space *s, void *buf,
		  uint64_t iova, uint64_t size)
{
	struct ioas_map map = {
		.size = sizeof(map), .flags = MAP_FIXED_IOVA | MAP_WRITEABLE | MAP_READABLE,
		.ioas_id = s->ioas, .user_va = (uintptr_t)buf, .iova = iova, .length = size,
	};

	if (ioctl(i->fd, IOAS_MAP, &map))
		die("map memory for", i->vfio.bdf[0]);
}

void iommufd__unmap(const struct iommufd *i, const struct iommufd_space *s, uint64_t iova,
		    uint64_t size)
{
	struct ioas_unmap unmap = {
		.size = sizeof(unmap), .ioas_id = s->ioas, .iova = iova, .length = size,
	};

	if (ioctl(i->fd, IOAS_UNMAP, &unmap))
		die("unmap memory for", i->vfio.bdf[0]);
}

int iommufd__attach(const struct iommufd *i, const struct iommufd_space *s, uint32_t pasid)
{
	struct attach_pt at = { .argsz = 12, .pt_id = s->hwpt };

	if (pasid != IOMMUFD_NO_PASID)
		at = (struct attach_pt) { .argsz = 16, .flags = WITH_PASID, .pt_id = s->hwpt, .pasid = pasid };
	return ioctl(i->vfio.device[0], ATTACH_PT, &at) ? errno : 0;
}

int iommufd__detach(const struct iommufd *i, uint32_t pasid)
{
	struct detach_pt dt = { .argsz = 8 };

	if (pasid != IOMMUFD_NO_PASID)
		dt = (struct detach_pt) { .argsz = 12, .flags = WITH_PASID, .pasid = pasid };
	return ioctl(i->vfio.device[0], DETACH_PT, &dt) ? errno : 0;
}
