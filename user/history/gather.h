/* SPDX-License-Identifier: GPL-2.0-only */
/* Which of the recent events belong to an incident's slice. Pure. */
#ifndef ATCQ_HISTORY_GATHER_H
#define ATCQ_HISTORY_GATHER_H

#include <stdbool.h>

#include "core/incident.h"
#include "recent.h"

/* In the slice of one incident */
#define GATHER_OWN	8192	/* events of its device and its CMD_SYNC */
#define GATHER_OTHERS	1024	/* others of its SMMU */
#define GATHER_MAX	(GATHER_OWN + GATHER_OTHERS)

/* How far a slice has come */
struct gather {
	uint64_t from;			/* the next event to look at */
	uint32_t own, others;		/* taken */
	uint64_t left_out;		/* beyond the limits, or overwritten before anybody looked */
};

/*
 * Copies what came since to @out, which has room for GATHER_MAX, and takes @g to
 * the last event. @own_only: others are left out. How many were copied.
 */
size_t gather__take(struct gather *g, const struct recent *r, const struct incident *inc,
		    bool own_only, struct atcq_event *out);

#endif
