/* SPDX-License-Identifier: GPL-2.0-only */
/* What a report is made of, and its two forms. */
#ifndef ATCQ_REPORT_H
#define ATCQ_REPORT_H

#include <stdio.h>

#include "core/stats.h"
#include "watch.h"

struct report {
	struct watch watch;
	struct samples latency[LAT_MAX];
	struct samples errors;		/* CMDQ errors per incident */
	struct incident *incidents;	/* all that closed, then those still open */
	size_t n, room;
	uint64_t dropped;		/* closed, but no memory to keep them */
	uint64_t duration_ns;
};

/* 0 or -errno of the write */
int report__text(FILE *out, struct report *r);
int report__json(FILE *out, struct report *r);

#endif
