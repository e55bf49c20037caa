// SPDX-License-Identifier: GPL-2.0-only
/* How an incident ends: by a reset, or because the device goes. */
#include "follow.h"

void forget_reset(struct incident *inc)
{
	inc->stamp[PHASE_RESET_BEGIN] = 0;
	inc->stamp[PHASE_RESET_END] = 0;
}

void on_reset_prepare(struct tracker *t, const struct atcq_event *ev)
{
	struct incident *inc = find_device(t, ev->segment, ev->bdf);

	if (!inc)
		return;
	/* The last attempt is the one that counts */
	forget_reset(inc);
	inc->state = INCIDENT_RESETTING;
	stamp(t, inc, PHASE_RESET_BEGIN, ev->time_ns);
}

void on_reset_done(struct tracker *t, const struct atcq_event *ev)
{
	struct incident *inc = find_device(t, ev->segment, ev->bdf);

	if (ev->ret)
		t->totals.resets_failed++;
	else
		t->totals.resets_ok++;
	if (!inc)
		return;
	inc->reset_result = ev->ret;
	if (ev->ret) {
		inc->resets_failed++;
		inc->state = INCIDENT_RESET_FAILED;
	}
	stamp(t, inc, PHASE_RESET_END, ev->time_ns);
}

void on_flr(struct tracker *t, const struct atcq_event *ev)
{
	struct incident *inc = find_device(t, ev->segment, ev->bdf);

	if (!inc)
		return;
	inc->flrs++;
	inc->flr_result = ev->ret;
}

void on_end(struct tracker *t, const struct atcq_event *ev, enum incident_state state)
{
	struct incident *inc = find_device(t, ev->segment, ev->bdf);

	if (!inc)
		return;
	inc->state = state;
	if (state == INCIDENT_RECOVERED) {
		t->totals.recovered++;
		stamp(t, inc, PHASE_RECOVERED, ev->time_ns);
	} else {
		t->totals.removed++;
	}
	close_incident(t, inc, ev->time_ns);
}

/*
 * A device that does not even answer when its domain is attached again was not mended by
 * its reset. The core lets it out all the same, and fences it when it hears of that.
 */
void on_unblocked(struct tracker *t, const struct atcq_event *ev)
{
	struct incident *inc = find_device(t, ev->segment, ev->bdf);

	if (!inc || inc->incomplete || !inc->stamp[PHASE_BLOCKED] || inc->stamp[PHASE_RESET_END])
		on_end(t, ev, INCIDENT_RECOVERED);
}
