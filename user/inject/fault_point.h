/* SPDX-License-Identifier: GPL-2.0-only */
/* The fault points that atcq knows: one row each, see fault_point.c */
#ifndef ATCQ_FAULT_POINT_H
#define ATCQ_FAULT_POINT_H

#include <stddef.h>

#include <atcq/fault.h>

enum blast_radius { BLAST_DEVICE };

struct fault_point {
	enum atcq_fault number;
	const char *name;		/* on the command line */
	const char *function;		/* in the kernel */
	unsigned int nargs;		/* of the function */
	enum blast_radius blast;
	const char *summary;
};

extern const struct fault_point fault_points[];
extern const size_t fault_points_n;

const struct fault_point *fault_point__find(const char *name);	/* NULL: no such */
const char *blast_radius__name(enum blast_radius blast);

#endif
