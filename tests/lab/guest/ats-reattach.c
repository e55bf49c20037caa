// SPDX-License-Identifier: GPL-2.0-only
/*
 * A device in an address space with a steady stream of unmaps, and upon SIGUSR1 in
 * another one: its stream table entry is written anew, whatever state its ATS is in.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/iommufd.h"

#define IOVA	0x10000000ull
#define PAGE	4096ull

static volatile sig_atomic_t move, stop;

static void on_signal(int sig)
{
	if (sig == SIGUSR1)
		move = 1;
	else
		stop = 1;
}

int main(int argc, char **argv)
{
	struct iommufd_space space[2];
	struct iommufd dev;
	int now = 0, ret;
	void *page;

	if (argc != 2) {
		fputs("Usage: ats-reattach DEVICE\n", stderr);
		return 2;
	}
	signal(SIGUSR1, on_signal);
	signal(SIGTERM, on_signal);
	page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	if (page == MAP_FAILED)
		die("mmap", "page");
	iommufd__open(&dev, argv[1]);
	for (int i = 0; i < 2; i++)
		iommufd__space(&dev, &space[i]);
	ret = iommufd__attach(&dev, &space[0], IOMMUFD_NO_PASID);
	while (!ret && !stop) {
		iommufd__map(&dev, &space[now], page, IOVA, PAGE);
		iommufd__unmap(&dev, &space[now], IOVA, PAGE);
		usleep(5000);
		if (!move)
			continue;
		move = 0;
		now = !now;
		ret = iommufd__attach(&dev, &space[now], IOMMUFD_NO_PASID);
	}
	if (ret) {
		errno = ret;
		die("attach", argv[1]);
	}
	return 0;
}
