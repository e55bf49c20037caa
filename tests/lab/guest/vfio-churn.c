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
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "lib/churn.h"

static volatile sig_atomic_t stop, tell;

struct opts {
	const char *bdf[VFIO_MAX_DEVICES];
	int ndev;
	struct churn_opts churn;
	bool hold, reset, hot_reset;
};

static void on_signal(int sig)
{
	if (sig == SIGUSR1)
		tell = 1;
	else
		stop = 1;
}

static int usage(FILE *out)
{
	fputs("Usage: vfio-churn --device BDF [--device BDF ...] [--count N] [--size BYTES]\n"
	      "                  [--interval-us US] [--threads N] [--dma] [--hold] [--reset]\n"
	      "  --threads N  as many threads do it, each with memory of its own\n"
	      "  --dma        ATS test devices: have them write to memory meanwhile;\n"
	      "               SIGUSR1 tells how far they are\n"
	      "  --hold       wait after --count until SIGTERM\n"
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
		{ "threads", 1, NULL, 't' }, { "dma", 0, NULL, 'D' },
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
		case 'n': o->churn.count = strtoul(optarg, NULL, 0); break;
		case 's': o->churn.size = strtoul(optarg, NULL, 0); break;
		case 'i': o->churn.interval_us = strtoul(optarg, NULL, 0); break;
		case 'H': o->hold = true; break;
		case 'r': o->reset = true; break;
		case 'R': o->hot_reset = true; break;
		case 'E': o->churn.report = true; break;
		case 't': o->churn.threads = strtoul(optarg, NULL, 0); break;
		case 'D': o->churn.dma = true; break;
		case 'h': exit(usage(stdout));
		default: return usage(stderr);
		}
	}
	return o->ndev && o->churn.threads && o->churn.size ? 0 : usage(stderr);
}

int main(int argc, char **argv)
{
	struct opts o = { .churn = { .count = 1, .size = 4096, .threads = 1, .tell = &tell } };
	struct vfio v = { 0 };
	int i, ret;

	ret = parse(&o, argc, argv);
	if (ret)
		return ret;
	signal(SIGUSR1, on_signal);
	signal(SIGTERM, on_signal);
	signal(SIGINT, on_signal);
	vfio__open(&v, o.bdf, o.ndev);
	churn__run(&v, &o.churn, &stop);
	while (o.hold && !stop)
		pause();
	for (i = 0; (o.reset || o.hot_reset) && i < o.ndev; i++) {
		errno = o.reset ? vfio__reset(&v, i) : vfio__hot_reset(&v, i);
		if (errno)
			die("reset", o.bdf[i]);
	}
	return 0;
}
