// SPDX-License-Identifier: GPL-2.0-only
/*
 * Maps and unmaps memory for devices behind the IOMMU, from user space: each
 * unmap is a TLBI and, for every device with ATS on in the domain, an ATC_INV.
 * The devices share one VFIO container, and so one domain.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <libgen.h>
#include <limits.h>
#include <linux/vfio.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define MAX_DEVICES	16
#define IOVA		0x10000000ull

static volatile sig_atomic_t stop;

struct opts {
	const char *bdf[MAX_DEVICES];
	int ndev;
	unsigned long count, size, interval_us;
	bool hold, reset;
};

struct vfio {
	int container, group[MAX_DEVICES], device[MAX_DEVICES];
};

static void on_signal(int sig)
{
	(void)sig;
	stop = 1;
}

static void die(const char *what, const char *which)
{
	fprintf(stderr, "vfio-churn: %s %s: %s\n", what, which, strerror(errno));
	exit(1);
}

static void write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		die("write", path);
	close(fd);
}

static void bind_to_vfio(const char *bdf)
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

static void setup(struct vfio *v, const struct opts *o)
{
	int i;

	v->container = open("/dev/vfio/vfio", O_RDWR);
	if (v->container < 0)
		die("open", "/dev/vfio/vfio");
	for (i = 0; i < o->ndev; i++) {
		bind_to_vfio(o->bdf[i]);
		v->group[i] = open_group(o->bdf[i]);
		if (ioctl(v->group[i], VFIO_GROUP_SET_CONTAINER, &v->container))
			die("set container of", o->bdf[i]);
		if (i == 0 && ioctl(v->container, VFIO_SET_IOMMU, VFIO_TYPE1v2_IOMMU))
			die("set IOMMU of", o->bdf[i]);
		v->device[i] = ioctl(v->group[i], VFIO_GROUP_GET_DEVICE_FD, o->bdf[i]);
		if (v->device[i] < 0)
			die("get device", o->bdf[i]);
	}
}

/* One unmap, its duration in ns, or -errno */
static int64_t churn(const struct vfio *v, void *buf, unsigned long size)
{
	struct vfio_iommu_type1_dma_map map = {
		.argsz = sizeof(map), .flags = VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE,
		.vaddr = (uintptr_t)buf, .iova = IOVA, .size = size,
	};
	struct vfio_iommu_type1_dma_unmap unmap = {
		.argsz = sizeof(unmap), .iova = IOVA, .size = size,
	};
	struct timespec a, b;

	if (ioctl(v->container, VFIO_IOMMU_MAP_DMA, &map))
		return -errno;
	clock_gettime(CLOCK_MONOTONIC, &a);
	if (ioctl(v->container, VFIO_IOMMU_UNMAP_DMA, &unmap))
		return -errno;
	clock_gettime(CLOCK_MONOTONIC, &b);
	return (b.tv_sec - a.tv_sec) * 1000000000ll + b.tv_nsec - a.tv_nsec;
}

static int usage(FILE *out)
{
	fputs("Usage: vfio-churn --device BDF [--device BDF ...] [--count N] [--size BYTES]\n"
	      "                  [--interval-us US] [--hold] [--reset]\n"
	      "  --hold   go on, or wait after --count, until SIGTERM\n"
	      "  --reset  reset the devices at the end (VFIO_DEVICE_RESET)\n", out);
	return out == stdout ? 0 : 2;
}

static int parse(struct opts *o, int argc, char **argv)
{
	static const struct option longopts[] = {
		{ "device", 1, NULL, 'd' }, { "count", 1, NULL, 'n' },
		{ "size", 1, NULL, 's' }, { "interval-us", 1, NULL, 'i' },
		{ "hold", 0, NULL, 'H' }, { "reset", 0, NULL, 'r' },
		{ "help", 0, NULL, 'h' }, { NULL, 0, NULL, 0 },
	};
	int c;

	while ((c = getopt_long(argc, argv, "h", longopts, NULL)) != -1) {
		switch (c) {
		case 'd':
			if (o->ndev == MAX_DEVICES)
				return usage(stderr);
			o->bdf[o->ndev++] = optarg;
			break;
		case 'n': o->count = strtoul(optarg, NULL, 0); break;
		case 's': o->size = strtoul(optarg, NULL, 0); break;
		case 'i': o->interval_us = strtoul(optarg, NULL, 0); break;
		case 'H': o->hold = true; break;
		case 'r': o->reset = true; break;
		case 'h': exit(usage(stdout));
		default: return usage(stderr);
		}
	}
	return o->ndev ? 0 : usage(stderr);
}

int main(int argc, char **argv)
{
	struct opts o = { .count = 1, .size = 4096 };
	int64_t ns, max = 0, sum = 0;
	struct vfio v = { 0 };
	unsigned long done;
	void *buf;
	int i, ret;

	ret = parse(&o, argc, argv);
	if (ret)
		return ret;
	signal(SIGTERM, on_signal);
	signal(SIGINT, on_signal);
	setup(&v, &o);
	buf = mmap(NULL, o.size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	if (buf == MAP_FAILED)
		die("mmap", "buffer");
	for (done = 0; !stop && (!o.count || done < o.count); done++) {
		ns = churn(&v, buf, o.size);
		if (ns < 0) {
			errno = -ns;
			die("map or unmap for", o.bdf[0]);
		}
		sum += ns;
		max = ns > max ? ns : max;
		if (o.interval_us)
			usleep(o.interval_us);
	}
	printf("{\"unmaps\": %lu, \"mean_ns\": %lld, \"max_ns\": %lld}\n", done,
	       done ? (long long)(sum / (int64_t)done) : 0, (long long)max);
	fflush(stdout);
	while (o.hold && !stop)
		pause();
	for (i = 0; o.reset && i < o.ndev; i++)
		if (ioctl(v.device[i], VFIO_DEVICE_RESET))
			die("reset", o.bdf[i]);
	return 0;
}
