// SPDX-License-Identifier: GPL-2.0-only
/*
 * Maps and unmaps memory for devices behind the IOMMU, from user space: each
 * unmap is a TLBI and, for every device with ATS on in the domain, an ATC_INV.
 * The devices share one VFIO container, and so one domain.
 */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/vfio.h"

#define IOVA		0x10000000ull

static volatile sig_atomic_t stop;

struct opts {
	const char *bdf[VFIO_MAX_DEVICES];
	int ndev;
	unsigned long count, size, interval_us;
	bool hold, reset, hot_reset, report;
};

static void on_signal(int sig)
{
	(void)sig;
	stop = 1;
}

static int usage(FILE *out)
{
	fputs("Usage: vfio-churn --device BDF [--device BDF ...] [--count N] [--size BYTES]\n"
	      "                  [--interval-us US] [--hold] [--reset]\n"
	      "  --hold   go on, or wait after --count, until SIGTERM\n"
	      "  --reset      reset the devices at the end (VFIO_DEVICE_RESET)\n"
	      "  --hot-reset  ... with their slots (VFIO_DEVICE_PCI_HOT_RESET)\n"
	      "  --report     stop and say so when error recovery reports a device\n", out);
	return out == stdout ? 0 : 2;
}

static int parse(struct opts *o, int argc, char **argv)
{
	static const struct option longopts[] = {
		{ "device", 1, NULL, 'd' }, { "count", 1, NULL, 'n' },
		{ "size", 1, NULL, 's' }, { "interval-us", 1, NULL, 'i' },
		{ "hold", 0, NULL, 'H' }, { "reset", 0, NULL, 'r' },
		{ "hot-reset", 0, NULL, 'R' }, { "report", 0, NULL, 'E' },
		{ "help", 0, NULL, 'h' }, { NULL, 0, NULL, 0 },
	};
	int c;

	while ((c = getopt_long(argc, argv, "h", longopts, NULL)) != -1) {
		switch (c) {
		case 'd':
			if (o->ndev == VFIO_MAX_DEVICES)
				return usage(stderr);
			o->bdf[o->ndev++] = optarg;
			break;
		case 'n': o->count = strtoul(optarg, NULL, 0); break;
		case 's': o->size = strtoul(optarg, NULL, 0); break;
		case 'i': o->interval_us = strtoul(optarg, NULL, 0); break;
		case 'H': o->hold = true; break;
		case 'r': o->reset = true; break;
		case 'R': o->hot_reset = true; break;
		case 'E': o->report = true; break;
		case 'h': exit(usage(stdout));
		default: return usage(stderr);
		}
	}
	return o->ndev ? 0 : usage(stderr);
}

/* Has error recovery reported one of the devices? */
static bool reported(const struct vfio *v, const int *fd)
{
	uint64_t n;

	for (int i = 0; i < v->ndev; i++) {
		if (read(fd[i], &n, sizeof(n)) != sizeof(n))
			continue;
		printf("reported %s\n", v->bdf[i]);
		return true;
	}
	return false;
}

static void churn(const struct vfio *v, const struct opts *o)
{
	int64_t ns, max = 0, sum = 0;
	int fd[VFIO_MAX_DEVICES];
	unsigned long done;
	void *buf;

	for (int i = 0; o->report && i < v->ndev; i++)
		fd[i] = vfio__error_fd(v, i);
	buf = mmap(NULL, o->size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	if (buf == MAP_FAILED)
		die("mmap", "buffer");
	for (done = 0; !stop && (!o->count || done < o->count); done++) {
		vfio__map(v, buf, IOVA, o->size);
		ns = vfio__unmap(v, IOVA, o->size);
		sum += ns;
		max = ns > max ? ns : max;
		if (o->report && reported(v, fd))
			break;
		if (o->interval_us)
			usleep(o->interval_us);
	}
	printf("{\"unmaps\": %lu, \"mean_ns\": %lld, \"max_ns\": %lld}\n", done,
	       done ? (long long)(sum / (int64_t)done) : 0, (long long)max);
	fflush(stdout);
}

int main(int argc, char **argv)
{
	struct opts o = { .count = 1, .size = 4096 };
	struct vfio v = { 0 };
	int i, ret;

	ret = parse(&o, argc, argv);
	if (ret)
		return ret;
	signal(SIGTERM, on_signal);
	signal(SIGINT, on_signal);
	vfio__open(&v, o.bdf, o.ndev);
	churn(&v, &o);
	while (o.hold && !stop)
		pause();
	for (i = 0; (o.reset || o.hot_reset) && i < o.ndev; i++) {
		errno = o.reset ? vfio__reset(&v, i) : vfio__hot_reset(&v, i);
		if (errno)
			die("reset", o.bdf[i]);
	}
	return 0;
}
