// SPDX-License-Identifier: GPL-2.0-only
/*
 * Takes every ASID of the SMMU, by page tables without anything in them, and
 * keeps them until it is killed. Anybody who may use a device by iommufd can.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/iommufd.h"

int main(int argc, char **argv)
{
	struct iommufd_space s;
	struct iommufd dev;
	unsigned int n = 0;
	int ret;

	if (argc != 2) {
		fprintf(stderr, "Usage: asid-hog BDF\n");
		return 2;
	}
	iommufd__open(&dev, argv[1]);
	while (!(ret = iommufd__try_space(&dev, &s)))
		n++;
	printf("%u page tables, then: %s\n", n, strerror(ret));
	fflush(stdout);
	if (ret != EBUSY && ret != ENOSPC)
		return 1;
	pause();
	return 0;
}
