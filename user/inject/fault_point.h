/* SPDX-License-Identifier: GPL-2.0-only */
/* The fault points that atcq knows: one row each, see fault_point.c */
#ifndef ATCQ_FAULT_POINT_H
#define ATCQ_FAULT_POINT_H

#include <stddef.h>

#include <atcq/fault.h>

/* Who may notice: the device, all of its IOMMU group, all behind its SMMU */
enum blast_radius { BLAST_DEVICE, BLAST_GROUP, BLAST_SMMU };

/* Options that a fault takes beyond those that all of them do */
enum fault_takes {
	TAKES_DEVICE = 1,	/* device, sid, group: it is asked about one device */
	TAKES_SSID = 2,
	TAKES_DELAY = 4,
	TAKES_ERRNO = 8,
};

struct fault_point {
	enum atcq_fault number;
	const char *name;		/* on the command line */
	const char *function;		/* in the kernel */
	enum atcq_target_kind kind;	/* what it is asked about */
	enum blast_radius blast;
	unsigned int takes;		/* of enum fault_takes */
	int ret;			/* what it returns where that cannot be chosen */
	const char *summary;
};

extern const struct fault_point fault_points[];
extern const size_t fault_points_n;

const struct fault_point *fault_point__find(const char *name);	/* NULL: no such */
const struct fault_point *fault_point__by_number(unsigned int number);
const char *blast_radius__name(enum blast_radius blast);

#endif
