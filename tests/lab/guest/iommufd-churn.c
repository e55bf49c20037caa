// SPDX-License-Identifier: GPL-2.0-only
/*
 * Maps and unmaps memory for devices that have each an address space of their own,
 * attached to many PASIDs: each unmap is an ATC_INV for every one of them, and the
 * devices' lists of commands compete for the queue.
 */
#include <getopt.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/iommufd.h"

#define IOVA		0x10000000ull
#define PAGE		4096ull
#define MAX_DEVICES	8

struct worker {
	struct iommufd dev;
	struct iommufd_space space;
	pthread_t thread;
	unsigned long unmaps;
	int64_t max;
};

static unsigned long pasids = 1, interval_us;
static atomic_bool stop;

static void *churn(void *arg)
{
	struct worker *w = arg;
	void *buf = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

	if (buf == MAP_FAILED)
		die("mmap", "buffer");
	while (!stop) {
		int64_t start, ns;

		iommufd__map(&w->dev, &w->space, buf, IOVA, PAGE);
		start = now_ns();
		iommufd__unmap(&w->dev, &w->space, IOVA, PAGE);
		ns = now_ns() - start;
		w->unmaps++;
		w->max = ns > w->max ? ns : w->max;
		if (interval_us)
			usleep(interval_us);
	}
	return NULL;
}

static void attach(struct worker *w, const char *bdf)
{
	int ret;

	iommufd__open(&w->dev, bdf);
	iommufd__space(&w->dev, &w->space);
	ret = iommufd__attach(&w->dev, &w->space, IOMMUFD_NO_PASID);
	for (uint32_t pasid = 1; !ret && pasid <= pasids; pasid++)
		ret = iommufd__attach(&w->dev, &w->space, pasid);
	if (ret) {
		fprintf(stderr, "attach %s: %s\n", bdf, strerror(ret));
		exit(1);
	}
}

static int usage(FILE *out)
{
	fputs("Usage: iommufd-churn --device BDF [--device BDF ...] [--pasids N] [--interval-us US]\n"
	      "Goes on until SIGTERM. At most 8 devices, a thread and an address space each.\n", out);
	return out == stdout ? 0 : 2;
}

static int parse(int argc, char **argv, struct worker *w)
{
	static const struct option longopts[] = {
		{ "device", 1, NULL, 'd' }, { "pasids", 1, NULL, 'p' },
		{ "interval-us", 1, NULL, 'i' }, { "help", 0, NULL, 'h' }, { NULL, 0, NULL, 0 },
	};
	const char *bdf[MAX_DEVICES];
	int c, n = 0;

	while ((c = getopt_long(argc, argv, "h", longopts, NULL)) != -1) {
		switch (c) {
		case 'd':
			if (n == MAX_DEVICES)
				exit(usage(stderr));
			bdf[n++] = optarg;
			break;
		case 'p': pasids = strtoul(optarg, NULL, 0); break;
		case 'i': interval_us = strtoul(optarg, NULL, 0); break;
		case 'h': exit(usage(stdout));
		default: exit(usage(stderr));
		}
	}
	if (!n)
		exit(usage(stderr));
	for (int i = 0; i < n; i++)
		attach(&w[i], bdf[i]);
	return n;
}

int main(int argc, char **argv)
{
	static struct worker w[MAX_DEVICES];
	unsigned long unmaps = 0;
	int64_t max = 0;
	sigset_t end;
	int n, sig;

	sigemptyset(&end);
	sigaddset(&end, SIGTERM);
	sigaddset(&end, SIGINT);
	sigprocmask(SIG_BLOCK, &end, NULL);
	n = parse(argc, argv, w);
	for (int i = 0; i < n; i++)
		if (pthread_create(&w[i].thread, NULL, churn, &w[i]))
			die("thread for", w[i].dev.vfio.bdf[0]);
	sigwait(&end, &sig);
	stop = true;
	for (int i = 0; i < n; i++) {
		pthread_join(w[i].thread, NULL);
		unmaps += w[i].unmaps;
		max = w[i].max > max ? w[i].max : max;
	}
	printf("{\"unmaps\": %lu, \"max_ns\": %lld}\n", unmaps, (long long)max);
	return 0;
}
