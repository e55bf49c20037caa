// SPDX-License-Identifier: GPL-2.0-only
#include "recent.h"

void recent__put(struct recent *r, const struct atcq_event *ev)
{
	r->ev[r->next++ & (RECENT_EVENTS - 1)] = *ev;
}

uint64_t recent__first(const struct recent *r)
{
	return r->next > RECENT_EVENTS ? r->next - RECENT_EVENTS : 0;
}

uint64_t recent__since(const struct recent *r, uint64_t time_ns)
{
	uint64_t seq = r->next, first = recent__first(r);

	/* Neighbours may be exchanged by a little: it does not matter which begins a slice */
	while (seq > first && recent__at(r, seq - 1)->time_ns >= time_ns)
		seq--;
	return seq;
}
