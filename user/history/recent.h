/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The events that came last, in a ring of a fixed size. Each has a number, 0, 1,
 * 2 ..., so that a slice of them can be kept as two numbers; what was overwritten
 * meanwhile is known by its number, too. Pure.
 */
#ifndef ATCQ_HISTORY_RECENT_H
#define ATCQ_HISTORY_RECENT_H

#include <stddef.h>
#include <stdint.h>

#include <atcq/event.h>

#define RECENT_EVENTS 16384	/* a power of two; 1.3 MB */

struct recent {
	uint64_t next;		/* number of the next event */
	struct atcq_event ev[RECENT_EVENTS];
};

void recent__put(struct recent *r, const struct atcq_event *ev);

/* The oldest number that is still there */
uint64_t recent__first(const struct recent *r);

/* The oldest event that is not older than @time_ns, or the next number */
uint64_t recent__since(const struct recent *r, uint64_t time_ns);

/* @seq is from recent__first() on, and before next */
static inline const struct atcq_event *recent__at(const struct recent *r, uint64_t seq)
{
	return &r->ev[seq & (RECENT_EVENTS - 1)];
}

#endif
