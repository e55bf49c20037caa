// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>
#include <string.h>

#include "halves.h"
#include "incident.h"

#define MAX_OPEN	1024	/* incidents followed at once */
#define EIO_RET		(-5)

struct tracker {
	tracker_fn fn;
	void *ctx;
	struct incident open[MAX_OPEN];
	size_t nopen;
	struct halves raised, synced;
	struct tracker_totals totals;
};

struct tracker *tracker__new(tracker_fn fn, void *ctx)
{
	struct tracker *t = calloc(1, sizeof(*t));

	if (t) {
		t->fn = fn;
		t->ctx = ctx;
	}
	return t;
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

static void tell(struct tracker *t, const struct incident *inc, enum phase phase)
{
	if (t->fn)
		t->fn(t->ctx, inc, phase);
}

/* Latest first: a device has one open incident, but a stream alone may have two */
static struct incident *find_device(struct tracker *t, uint32_t segment, uint32_t bdf)
{
	for (size_t i = t->nopen; bdf != ATCQ_NONE && i-- > 0;)
		if (t->open[i].segment == segment && t->open[i].bdf == bdf)
			return &t->open[i];
	return NULL;
}

static struct incident *find_stream(struct tracker *t, uint32_t smmu, uint32_t sid)
{
	for (size_t i = t->nopen; i-- > 0;)
		if (t->open[i].smmu == smmu && t->open[i].sid == sid)
			return &t->open[i];
	return NULL;
}

static struct incident *find_sync(struct tracker *t, uint32_t smmu, uint32_t prod, enum phase missing)
{
	for (size_t i = t->nopen; i-- > 0;)
		if (t->open[i].smmu == smmu && t->open[i].prod == prod && !t->open[i].stamp[missing])
			return &t->open[i];
	return NULL;
}

static struct incident *open_incident(struct tracker *t, const struct atcq_event *ev)
{
	struct incident *inc;

	if (t->nopen == MAX_OPEN) {
		t->totals.dropped++;
		return NULL;
	}
	inc = &t->open[t->nopen++];
	memset(inc, 0, sizeof(*inc));
	inc->smmu = ev->smmu;
	inc->sid = ev->sid;
	inc->segment = ev->segment;
	inc->bdf = ev->bdf;
	inc->prod = ev->prod;
	inc->opened_ns = ev->time_ns;
	t->totals.incidents++;
	return inc;
}

/* The incident of the event's device; opened, incomplete, if its begin was missed */
static struct incident *of_device(struct tracker *t, const struct atcq_event *ev)
{
	struct incident *inc = find_device(t, ev->segment, ev->bdf);

	if (!inc && ev->sid != ATCQ_NONE)
		inc = find_stream(t, ev->smmu, ev->sid);
	if (!inc) {
		inc = open_incident(t, ev);
		if (inc)
			inc->incomplete = true;
	}
	if (inc && inc->bdf == ATCQ_NONE) {
		inc->segment = ev->segment;
		inc->bdf = ev->bdf;
	}
	return inc;
}

/* The first time counts; one before what came earlier in the story cannot be */
static void stamp(struct tracker *t, struct incident *inc, enum phase phase, uint64_t time_ns)
{
	if (inc->stamp[phase] || !time_ns)
		return;
	for (int p = 0; p < (int)phase; p++)
		if (inc->stamp[p] > time_ns)
			inc->incomplete = true;
	inc->stamp[phase] = time_ns;
	tell(t, inc, phase);
}

static void close_incident(struct tracker *t, struct incident *inc, uint64_t time_ns)
{
	size_t i = inc - t->open;

	for (int p = PHASE_ISSUED; p <= PHASE_BLOCKED; p++)
		if (!inc->stamp[p])
			inc->incomplete = true;
	inc->closed = true;
	inc->closed_ns = time_ns;
	tell(t, inc, PHASE_MAX);
	t->nopen--;
	memmove(&t->open[i], &t->open[i + 1], (t->nopen - i) * sizeof(*inc));
}

static void count_error(struct tracker *t, struct incident *inc)
{
	inc->cmdq_errors++;
	t->totals.cmdq_errors++;
}

static void on_raised(struct tracker *t, struct incident *inc, uint64_t time_ns, bool injected)
{
	count_error(t, inc);
	if (injected && !inc->injected) {
		inc->injected = true;
		t->totals.injected++;
	}
	stamp(t, inc, PHASE_RAISED, time_ns);
}

/*
 * A stock kernel's log. It cannot always tell which device an error is about:
 * one that is not known joins what is open at its SMMU, rather than to make up
 * another incident.
 */
static struct incident *of_log(struct tracker *t, const struct atcq_event *ev)
{
	struct incident *inc = find_stream(t, ev->smmu, ev->sid);

	if (inc)
		return inc;
	for (size_t i = t->nopen; i-- > 0;) {
		inc = &t->open[i];
		if (inc->smmu != ev->smmu || (ev->sid != ATCQ_NONE && inc->sid != ATCQ_NONE))
			continue;
		if (inc->sid == ATCQ_NONE) {
			inc->sid = ev->sid;
			inc->segment = ev->segment;
			inc->bdf = ev->bdf;
		}
		return inc;
	}
	return open_incident(t, ev);
}

static void on_logged_error(struct tracker *t, const struct atcq_event *ev)
{
	struct incident *inc = of_log(t, ev);

	if (!inc)
		return;
	inc->atc_timeouts++;
	t->totals.atc_timeouts++;
	on_raised(t, inc, ev->time_ns, false);
}

static void on_cmdq_error(struct tracker *t, const struct atcq_event *ev)
{
	bool injected = ev->source == ATCQ_RAISED_INJECTED;
	struct half h = {
		.smmu = ev->smmu, .prod = ev->prod, .time_ns = ev->time_ns, .injected = injected,
	};
	struct incident *inc;

	if (ev->code != ATCQ_CERROR_ATC_INV_SYNC)
		return;
	if (ev->source == ATCQ_RAISED_LOG) {
		on_logged_error(t, ev);
		return;
	}
	inc = find_sync(t, ev->smmu, ev->prod, PHASE_RAISED);
	if (inc)
		on_raised(t, inc, ev->time_ns, injected);
	else
		halves__put(&t->raised, &h);
}

static void on_cmd_sync(struct tracker *t, const struct atcq_event *ev)
{
	struct half h = { .smmu = ev->smmu, .prod = ev->prod, .time_ns = ev->time_ns };
	struct incident *inc;

	if (ev->ret != EIO_RET)
		return;
	if (ev->duration_ns && ev->duration_ns < ev->time_ns)
		h.issued_ns = ev->time_ns - ev->duration_ns;
	inc = find_sync(t, ev->smmu, ev->prod, PHASE_ISSUED);
	if (inc)
		stamp(t, inc, PHASE_ISSUED, h.issued_ns);
	else
		halves__put(&t->synced, &h);
}

static void on_atc_timeout(struct tracker *t, const struct atcq_event *ev)
{
	struct incident *inc = find_device(t, ev->segment, ev->bdf);
	struct half h;

	if (!inc)
		inc = find_stream(t, ev->smmu, ev->sid);
	if (!inc)
		inc = open_incident(t, ev);
	if (!inc)
		return;
	inc->atc_timeouts++;
	t->totals.atc_timeouts++;
	if (halves__take(&t->synced, ev->smmu, ev->prod, &h))
		stamp(t, inc, PHASE_ISSUED, h.issued_ns);
	if (halves__take(&t->raised, ev->smmu, ev->prod, &h))
		on_raised(t, inc, h.time_ns, h.injected);
	stamp(t, inc, PHASE_DETECTED, ev->time_ns);
}

static void on_device_blocked(struct tracker *t, const struct atcq_event *ev)
{
	struct incident *inc;

	if (ev->code != ATCQ_BLOCKED_BROKEN || ev->ret)
		return;
	inc = of_device(t, ev);
	if (!inc)
		return;
	if (inc->state < INCIDENT_FENCED)
		inc->state = INCIDENT_FENCED;
	stamp(t, inc, PHASE_FENCED, ev->time_ns);
}

static void on_reset_done(struct tracker *t, const struct atcq_event *ev)
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

static void on_reset_prepare(struct tracker *t, const struct atcq_event *ev)
{
	struct incident *inc = find_device(t, ev->segment, ev->bdf);

	if (!inc)
		return;
	/* The last attempt is the one that counts */
	inc->stamp[PHASE_RESET_BEGIN] = 0;
	inc->stamp[PHASE_RESET_END] = 0;
	inc->state = INCIDENT_RESETTING;
	stamp(t, inc, PHASE_RESET_BEGIN, ev->time_ns);
}

static void on_end(struct tracker *t, const struct atcq_event *ev, enum incident_state state)
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

static void on_lost(struct tracker *t, const struct atcq_event *ev)
{
	for (size_t i = 0; i < t->nopen; i++) {
		struct incident *inc = &t->open[i];

		inc->incomplete = true;
		if (!inc->gap_to_ns)
			inc->gap_from_ns = ev->time_ns - ev->duration_ns;
		inc->gap_to_ns = ev->time_ns;
	}
	/* Positions come again: what belonged together may be missing */
	memset(&t->raised, 0, sizeof(t->raised));
	memset(&t->synced, 0, sizeof(t->synced));
}

void tracker__event(struct tracker *t, const struct atcq_event *ev)
{
	struct incident *inc;

	switch (ev->type) {
	case ATCQ_EV_LOST: on_lost(t, ev); break;
	case ATCQ_EV_CMD_SYNC: on_cmd_sync(t, ev); break;
	case ATCQ_EV_GERROR: t->totals.gerrors += ev->count; break;
	case ATCQ_EV_CMDQ_ERROR: on_cmdq_error(t, ev); break;
	case ATCQ_EV_ATC_TIMEOUT: on_atc_timeout(t, ev); break;
	case ATCQ_EV_DEVICE_BLOCKED: on_device_blocked(t, ev); break;
	case ATCQ_EV_RESET_PREPARE: on_reset_prepare(t, ev); break;
	case ATCQ_EV_RESET_DONE: on_reset_done(t, ev); break;
	case ATCQ_EV_DEVICE_UNBLOCKED: on_end(t, ev, INCIDENT_RECOVERED); break;
	case ATCQ_EV_DEVICE_RELEASED: on_end(t, ev, INCIDENT_REMOVED); break;
	case ATCQ_EV_ATS_BLOCKED:
		inc = ev->ret ? NULL : of_device(t, ev);
		if (inc) {
			if (inc->state < INCIDENT_ATS_BLOCKED)
				inc->state = INCIDENT_ATS_BLOCKED;
			stamp(t, inc, PHASE_BLOCKED, ev->time_ns);
		}
		break;
	case ATCQ_EV_ATC_SUPPRESSED:
		t->totals.suppressed += ev->count;
		inc = find_stream(t, ev->smmu, ev->sid);
		if (inc)
			inc->suppressed += ev->count;
		break;
	default:
		break;
	}
}

void tracker__seed(struct tracker *t, uint32_t smmu, uint32_t sid, uint32_t segment,
		   uint32_t bdf, enum atcq_blocked why, uint64_t since_ns)
{
	struct atcq_event ev = {
		.smmu = smmu, .sid = sid, .segment = segment, .bdf = bdf,
		.prod = ATCQ_NONE, .time_ns = since_ns,
	};
	struct incident *inc = find_device(t, segment, bdf);

	if (inc || (why != ATCQ_BLOCKED_BROKEN && why != ATCQ_BLOCKED_RESET_FAILED))
		return;
	inc = open_incident(t, &ev);
	if (!inc)
		return;
	inc->incomplete = true;
	inc->at_start = true;
	inc->state = why == ATCQ_BLOCKED_BROKEN ? INCIDENT_FENCED : INCIDENT_RESET_FAILED;
	/* When it was blocked first is all that is known; fencing comes with it */
	if (why == ATCQ_BLOCKED_BROKEN)
		stamp(t, inc, PHASE_FENCED, since_ns);
	else
		tell(t, inc, PHASE_MAX);
}
