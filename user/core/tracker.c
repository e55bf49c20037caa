// SPDX-License-Identifier: GPL-2.0-only
/* The incident tracker: dispatches each event to its incident. */
#include <stdlib.h>
#include <string.h>

#include "tracker_internal.h"

struct tracker *tracker__new(tracker_fn fn, void *ctx)
{
	struct tracker *t = calloc(1, sizeof(*t));

	if (t) {
		t->fn = fn;
		t->ctx = ctx;
		t->reported_phases = PHASES_ALL;
	}
	return t;
}

void tracker__set_reported_phases(struct tracker *t, uint32_t phases)
{
	t->reported_phases = phases & PHASES_ALL;
}

void tracker__set_above(struct tracker *t, tracker_above_fn fn, void *ctx)
{
	t->above = fn;
	t->above_ctx = ctx;
}

void tracker__free(struct tracker *t)
{
	free(t);
}

size_t tracker__open_count(const struct tracker *t)
{
	return t->nopen;
}

const struct incident *tracker__open_at(const struct tracker *t, size_t i)
{
	return &t->open[i];
}

const struct tracker_totals *tracker__totals(const struct tracker *t)
{
	return &t->totals;
}

static void forget_reset(struct incident *inc)
{
	inc->phase_ns[PHASE_RESET_BEGIN] = 0;
	inc->phase_ns[PHASE_RESET_END] = 0;
}

static void on_reset_prepare(struct tracker *t, const struct atcq_event *ev)
{
	struct incident *inc = tracker__find_device(t, ev->segment, ev->bdf);

	if (!inc)
		return;
	/* The last attempt counts */
	forget_reset(inc);
	inc->state = INCIDENT_RESETTING;
	tracker__set_timestamp(t, inc, PHASE_RESET_BEGIN, ev->time_ns);
}

static void on_reset_done(struct tracker *t, const struct atcq_event *ev)
{
	struct incident *inc = tracker__find_device(t, ev->segment, ev->bdf);

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
	tracker__set_timestamp(t, inc, PHASE_RESET_END, ev->time_ns);
}

static void on_flr(struct tracker *t, const struct atcq_event *ev)
{
	struct incident *inc = tracker__find_device(t, ev->segment, ev->bdf);

	if (!inc)
		return;
	inc->flrs++;
	inc->flr_result = ev->ret;
}

static void on_end(struct tracker *t, const struct atcq_event *ev, enum incident_state state)
{
	struct incident *inc = tracker__find_device(t, ev->segment, ev->bdf);

	if (!inc)
		return;
	inc->state = state;
	if (state == INCIDENT_RECOVERED) {
		t->totals.recovered++;
		tracker__set_timestamp(t, inc, PHASE_RECOVERED, ev->time_ns);
	} else {
		t->totals.removed++;
	}
	tracker__close_incident(t, inc, ev->time_ns);
}

/*
 * A device that does not answer even when its domain is attached again did not recover by
 * its reset. The core unblocks it nevertheless, and fences it after the new report.
 */
static void on_unblocked(struct tracker *t, const struct atcq_event *ev)
{
	struct incident *inc = tracker__find_device(t, ev->segment, ev->bdf);

	if (!inc || inc->incomplete || !inc->phase_ns[PHASE_BLOCKED] || inc->phase_ns[PHASE_RESET_END])
		on_end(t, ev, INCIDENT_RECOVERED);
}

static void on_device_blocked(struct tracker *t, const struct atcq_event *ev)
{
	struct incident *inc;

	if (ev->code != ATCQ_BLOCKED_BROKEN || ev->ret)
		return;
	inc = tracker__incident_of(t, ev);
	if (!inc)
		return;
	if (inc->state < INCIDENT_FENCED)
		inc->state = INCIDENT_FENCED;
	tracker__set_timestamp(t, inc, PHASE_FENCED, ev->time_ns);
}

static void on_ats_blocked(struct tracker *t, const struct atcq_event *ev)
{
	struct incident *inc = ev->ret ? NULL : tracker__incident_of(t, ev);

	if (!inc)
		return;
	/* A reset since then did not help: see on_unblocked() */
	if (inc->state < INCIDENT_ATS_BLOCKED || inc->phase_ns[PHASE_RESET_END])
		inc->state = INCIDENT_ATS_BLOCKED;
	forget_reset(inc);
	tracker__set_timestamp(t, inc, PHASE_BLOCKED, ev->time_ns);
}

static void on_suppressed(struct tracker *t, const struct atcq_event *ev)
{
	struct incident *inc = tracker__find_stream(t, ev->smmu, ev->sid);

	t->totals.suppressed += ev->count;
	if (inc)
		inc->suppressed += ev->count;
}

static void on_lost(struct tracker *t, const struct atcq_event *ev)
{
	for (size_t i = 0; i < t->nopen; i++) {
		struct incident *inc = &t->open[i];

		inc->incomplete = true;
		if (!inc->gap_to_ns)
			inc->gap_from_ns = ev->time_ns - ev->duration_ns;
		inc->gap_to_ns = ev->time_ns;
	}
	/* Positions repeat: the matching event may be lost */
	memset(&t->raised, 0, sizeof(t->raised));
	memset(&t->synced, 0, sizeof(t->synced));
}

void tracker__event(struct tracker *t, const struct atcq_event *ev)
{
	switch (ev->type) {
	case ATCQ_EV_LOST: on_lost(t, ev); break;
	case ATCQ_EV_CMD_SYNC: tracker__on_cmd_sync(t, ev); break;
	case ATCQ_EV_GERROR: t->totals.gerrors += ev->count; break;
	case ATCQ_EV_CMDQ_ERROR: tracker__on_cmdq_error(t, ev); break;
	case ATCQ_EV_ATC_TIMEOUT: tracker__on_atc_timeout(t, ev); break;
	case ATCQ_EV_ATC_ANSWERED: tracker__on_atc_answered(t, ev); break;
	case ATCQ_EV_DEVICE_BLOCKED: on_device_blocked(t, ev); break;
	case ATCQ_EV_RESET_PREPARE: on_reset_prepare(t, ev); break;
	case ATCQ_EV_RESET_DONE: on_reset_done(t, ev); break;
	case ATCQ_EV_DEVICE_UNBLOCKED: on_unblocked(t, ev); break;
	case ATCQ_EV_DEVICE_RELEASED: on_end(t, ev, INCIDENT_REMOVED); break;
	case ATCQ_EV_ATS_BLOCKED: on_ats_blocked(t, ev); break;
	case ATCQ_EV_ATC_SUPPRESSED: on_suppressed(t, ev); break;
	case ATCQ_EV_FLR: on_flr(t, ev); break;
	case ATCQ_EV_SYNC_DELAYED: tracker__on_sync_delayed(t, ev); break;
	case ATCQ_EV_AER:
	case ATCQ_EV_DPC:
	case ATCQ_EV_HOTPLUG: tracker__on_pci_event(t, ev); break;
	default: break;
	}
}

void tracker__seed(struct tracker *t, uint32_t smmu, uint32_t sid, uint32_t segment,
		   uint32_t bdf, enum atcq_blocked blocked, uint64_t since_ns)
{
	struct atcq_event ev = {
		.smmu = smmu, .sid = sid, .segment = segment, .bdf = bdf,
		.prod = ATCQ_NONE, .time_ns = since_ns,
	};
	struct incident *inc = tracker__find_device(t, segment, bdf);

	if (inc || (blocked != ATCQ_BLOCKED_BROKEN && blocked != ATCQ_BLOCKED_RESET_FAILED))
		return;
	inc = tracker__open_incident(t, &ev);
	if (!inc)
		return;
	inc->incomplete = true;
	inc->at_start = true;
	inc->state = blocked == ATCQ_BLOCKED_BROKEN ? INCIDENT_FENCED : INCIDENT_RESET_FAILED;
	/* Only the time of the first block is known; fencing happens at that time */
	if (blocked == ATCQ_BLOCKED_BROKEN)
		tracker__set_timestamp(t, inc, PHASE_FENCED, since_ns);
	else
		tracker__notify(t, inc, PHASE_MAX);
}

bool tracker__resume(struct tracker *t, const struct incident *before)
{
	struct incident *inc = tracker__find_device(t, before->segment, before->bdf);
	uint64_t serial;

	if (!inc)
		return false;
	serial = inc->serial;
	*inc = *before;
	inc->serial = serial;
	inc->boot = 0;
	inc->reported_phases = t->reported_phases;
	inc->incomplete = true;
	/* The start of a reset whose end was not seen must not be paired with the end of the next */
	forget_reset(inc);
	return true;
}
