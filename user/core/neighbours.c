// SPDX-License-Identifier: GPL-2.0-only
#include "follow.h"

static bool speaks_of(const struct tracker *t, const struct incident *inc,
		      const struct atcq_event *ev)
{
	if (inc->bdf == ATCQ_NONE || inc->segment != ev->segment)
		return false;
	return inc->bdf == ev->bdf ||
	       (t->above && t->above(t->above_ctx, ev->segment, ev->bdf, inc->bdf));
}

static void attach(struct tracker *t, struct incident *inc, const struct atcq_event *ev)
{
	struct neighbour n = {
		.time_ns = ev->time_ns, .type = ev->type, .code = ev->code, .bdf = ev->bdf,
		.severity = ev->type == ATCQ_EV_AER ? ev->source : 0, .count = ev->count,
	};

	for (uint32_t i = 0; i < inc->nneighbours; i++) {
		struct neighbour *old = &inc->neighbour[i];

		if (old->type != n.type || old->code != n.code || old->bdf != n.bdf ||
		    old->severity != n.severity)
			continue;
		old->count += n.count;
		return;
	}
	if (inc->nneighbours == MAX_NEIGHBOURS) {
		inc->neighbours_more += n.count;
		return;
	}
	inc->neighbour[inc->nneighbours++] = n;
	tell(t, inc, PHASE_NEIGHBOUR);
}

/* A port speaks of all that is below it */
void on_neighbour(struct tracker *t, const struct atcq_event *ev)
{
	for (size_t i = 0; i < t->nopen; i++)
		if (speaks_of(t, &t->open[i], ev))
			attach(t, &t->open[i], ev);
	t->neighbours.recent[t->neighbours.next++ % MAX_RECENT] = *ev;
}

void neighbours_before(struct tracker *t, struct incident *inc)
{
	for (unsigned int i = 0; i < MAX_RECENT; i++) {
		const struct atcq_event *ev =
			&t->neighbours.recent[(t->neighbours.next + i) % MAX_RECENT];

		if (ev->type && ev->time_ns + NEIGHBOUR_BEFORE_NS >= inc->opened_ns &&
		    speaks_of(t, inc, ev))
			attach(t, inc, ev);
	}
}
