/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Are the devices still there that a fault was armed on?  Once one is gone,
 * another may come to its address and Stream ID, which nobody agreed to.
 */
#ifndef ATCQ_PRESENT_H
#define ATCQ_PRESENT_H

#include <stddef.h>
#include <stdint.h>

struct present {
	const char *sysfs;		/* borrowed, mount point, "/sys" but for tests */
	struct { char bdf[16]; uint64_t inode; } *dev;
	size_t n;
};

/* Starts out zeroed, with sysfs set. 0, -ENOENT: it is gone already, or -ENOMEM */
int present__add(struct present *p, const char *bdf);

/* A device that was removed, also if it was found again since; NULL: all are there */
const char *present__gone(const struct present *p);

void present__free(struct present *p);

#endif
