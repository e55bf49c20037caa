/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The work of vfio-churn: threads that map and unmap memory for devices, and one
 * that has the devices write all the while.
 */
#ifndef LAB_CHURN_H
#define LAB_CHURN_H

#include <signal.h>
#include <stdbool.h>

#include "vfio.h"

struct churn_opts {
	unsigned long count, size, interval_us, threads;
	bool report;	/* end when error recovery reports a device */
	bool dma;	/* the devices are ATS test devices: have them write */
	volatile sig_atomic_t *tell;	/* with @dma: set, it prints how far it is */
};

/* Each thread maps and unmaps @o->count times, 0: until @stop; prints a line of JSON */
void churn__run(const struct vfio *v, const struct churn_opts *o, volatile sig_atomic_t *stop);

#endif
