// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <linux/pci_regs.h>
#include <linux/vfio.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "vfio.h"

void die(const char *what, const char *which)
{
	fprintf(stderr, "%s %s: %s\n", what, which, strerror(errno));
	exit(1);
}

int64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ll + ts.tv_nsec;
}

static void write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		die("write", path);
	close(fd);
}

void vfio__bind_driver(const char *bdf)
{
	char path[PATH_MAX], link[PATH_MAX];
	ssize_t n;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/driver", bdf);
	n = readlink(path, link, sizeof(link) - 1);
	if (n > 0) {
		link[n] = '\0';
		if (!strcmp(basename(link), "vfio-pci"))
			return;
		strcat(path, "/unbind");
		write_file(path, bdf);
	}
	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/driver_override", bdf);
	write_file(path, "vfio-pci");
	write_file("/sys/bus/pci/drivers_probe", bdf);
}

static int open_group(const char *bdf)
{
	char path[PATH_MAX], link[PATH_MAX];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/iommu_group", bdf);
	n = readlink(path, link, sizeof(link) - 1);
	if (n < 0)
		die("no IOMMU group for", bdf);
	link[n] = '\0';
	snprintf(path, sizeof(path), "/dev/vfio/%s", basename(link));
	fd = open(path, O_RDWR);
	if (fd < 0)
		die("open", path);
	return fd;
}

void vfio__open(struct vfio *v, const char *const *bdf, int ndev)
{
	v->ndev = ndev;
	v->container = open("/dev/vfio/vfio", O_RDWR);
	if (v->container < 0)
		die("open", "/dev/vfio/vfio");
	for (int i = 0; i < ndev; i++) {
		v->bdf[i] = bdf[i];
		vfio__bind_driver(bdf[i]);
		v->group[i] = open_group(bdf[i]);
		if (ioctl(v->group[i], VFIO_GROUP_SET_CONTAINER, &v->container))
			die("set container of", bdf[i]);
		if (i == 0 && ioctl(v->container, VFIO_SET_IOMMU, VFIO_TYPE1v2_IOMMU))
			die("set IOMMU of", bdf[i]);
		v->device[i] = ioctl(v->group[i], VFIO_GROUP_GET_DEVICE_FD, bdf[i]);
		if (v->device[i] < 0)
			die("get device", bdf[i]);
	}
}

void vfio__map(const struct vfio *v, void *buf, uint64_t iova, uint64_t size)
{
	struct vfio_iommu_type1_dma_map map = {
		.argsz = sizeof(map), .flags = VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE,
		.vaddr = (uintptr_t)buf, .iova = iova, .size = size,
	};

	if (ioctl(v->container, VFIO_IOMMU_MAP_DMA, &map))
		die("map memory for", v->bdf[0]);
}

int64_t vfio__unmap(const struct vfio *v, uint64_t iova, uint64_t size)
{
	struct vfio_iommu_type1_dma_unmap unmap = {
		.argsz = sizeof(unmap), .iova = iova, .size = size,
	};
	int64_t start = now_ns();

	if (ioctl(v->container, VFIO_IOMMU_UNMAP_DMA, &unmap))
		die("unmap memory for", v->bdf[0]);
	return now_ns() - start;
}

static struct vfio_region_info region(const struct vfio *v, int i, uint32_t index)
{
	struct vfio_region_info info = { .argsz = sizeof(info), .index = index };

	if (ioctl(v->device[i], VFIO_DEVICE_GET_REGION_INFO, &info))
		die("regions of", v->bdf[i]);
	return info;
}

volatile uint32_t *vfio__bar0(const struct vfio *v, int i)
{
	struct vfio_region_info bar = region(v, i, VFIO_PCI_BAR0_REGION_INDEX);
	struct vfio_region_info config = region(v, i, VFIO_PCI_CONFIG_REGION_INDEX);
	uint16_t cmd = PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER;
	void *p;

	if (pwrite(v->device[i], &cmd, sizeof(cmd), config.offset + PCI_COMMAND) != sizeof(cmd))
		die("command register of", v->bdf[i]);
	p = mmap(NULL, bar.size, PROT_READ | PROT_WRITE, MAP_SHARED, v->device[i], bar.offset);
	if (p == MAP_FAILED)
		die("BAR 0 of", v->bdf[i]);
	return p;
}

int vfio__reset(const struct vfio *v, int i)
{
	return ioctl(v->device[i], VFIO_DEVICE_RESET) ? errno : 0;
}

int vfio__hot_reset(const struct vfio *v, int i)
{
	struct {
		struct vfio_pci_hot_reset head;
		int32_t group;
	} reset = {
		.head = { .argsz = sizeof(reset), .count = 1 }, .group = v->group[i],
	};

	return ioctl(v->device[i], VFIO_DEVICE_PCI_HOT_RESET, &reset) ? errno : 0;
}

int vfio__error_fd(const struct vfio *v, int i)
{
	struct {
		struct vfio_irq_set head;
		int32_t fd;
	} set = {
		.head = {
			.argsz = sizeof(set), .index = VFIO_PCI_ERR_IRQ_INDEX, .count = 1,
			.flags = VFIO_IRQ_SET_DATA_EVENTFD | VFIO_IRQ_SET_ACTION_TRIGGER,
		},
		.fd = eventfd(0, EFD_NONBLOCK),
	};

	if (set.fd < 0 || ioctl(v->device[i], VFIO_DEVICE_SET_IRQS, &set))
		die("error interrupt of", v->bdf[i]);
	return set.fd;
}
