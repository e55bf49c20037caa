// SPDX-License-Identifier: GPL-2.0-only
/* Incidents as the tracker reports them: their number, state and latencies. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/event.h"
#include "inject/fault.h"
#include "metrics_internal.h"

static struct metrics_open_incident *find_open(struct metrics *m, const struct incident *inc)
{
	/* The latest is the likeliest */
	for (size_t i = m->nopen; i-- > 0;)
		if (m->open[i].serial == inc->serial)
			return &m->open[i];
	return NULL;
}

static struct metrics_open_incident *track(struct metrics *m, const struct incident *inc)
{
	struct metrics_open_incident *o = find_open(m, inc);

	if (o)
		return o;
	if (m->nopen == m->open_capacity) {
		size_t capacity = m->open_capacity ? m->open_capacity * 2 : 16;

		o = realloc(m->open, capacity * sizeof(*o));
		if (!o)
			return NULL;
		m->open = o;
		m->open_capacity = capacity;
	}
	o = &m->open[m->nopen++];
	*o = (struct metrics_open_incident){ .serial = inc->serial };
	return o;
}

/*
 * A suspect may be cleared, and a counter cannot go back: where the kernel reports the
 * outcome for a suspect, it counts only once the kernel has acted on it.
 */
static bool is_one(const struct incident *inc)
{
	return inc->state != INCIDENT_INNOCENT &&
	       (inc->state != INCIDENT_TIMED_OUT || inc->closed || !(inc->reported_phases & (1u << PHASE_BLOCKED)));
}

static void observe(struct metrics *m, struct metrics_smmu *s, const struct incident *inc, enum latency which,
		    uint64_t ns)
{
	struct latency_durations *l = &s->latency[which][inc->injected];
	size_t n = bucket__count(&boundaries_incident), i = 0;
	int at = ns ? bucket__index(ns) : BUCKET_FIRST;

	durations__add(&l->d, ns);
	if (!l->ex)
		l->ex = calloc(n + 1, sizeof(*l->ex));
	if (!l->ex)
		return;
	while (i < n && at > boundaries_incident.first + (int)i * boundaries_incident.stride)
		i++;
	incident__id(inc, source__meta(m->w->src)->boot_id, l->ex[i].incident_id, EXEMPLAR_ID);
	l->ex[i].ns = ns;
	l->ex[i].at_ns = metrics__realtime(m);
}

static void count(struct metrics *m, struct metrics_open_incident *o, struct metrics_smmu *s,
		  struct metrics_device *d, const struct incident *inc)
{
	uint64_t ns;

	/* An incident that was open before the daemon started did not begin now */
	if (!o->counted && !inc->at_start && d)
		d->incidents[inc->injected]++;
	o->counted = true;
	if (d)
		d->timeouts[inc->injected] += inc->atc_timeouts - o->timeouts;
	o->timeouts = inc->atc_timeouts;
	for (int l = 0; s && l < LAT_MAX; l++) {
		if (o->observed & (1u << l) || !incident__latency(inc, l, &ns))
			continue;
		o->observed |= 1u << l;
		observe(m, s, inc, l, ns);
	}
}

static void show_state(struct metrics *m, struct metrics_device *d, const struct incident *inc)
{
	static const enum device_state states[INCIDENT_STATES] = {
		[INCIDENT_TIMED_OUT] = STATE_TIMED_OUT, [INCIDENT_ATS_BLOCKED] = STATE_ATS_BLOCKED,
		[INCIDENT_FENCED] = STATE_FENCED, [INCIDENT_RESETTING] = STATE_RESETTING,
		[INCIDENT_RESET_FAILED] = STATE_RESET_FAILED, [INCIDENT_RECOVERED] = STATE_HEALTHY,
		[INCIDENT_REMOVED] = STATE_REMOVED, [INCIDENT_INNOCENT] = STATE_HEALTHY,
		[INCIDENT_UNKNOWN] = STATE_HEALTHY,
	};
	uint64_t when = inc->closed_ns ? inc->closed_ns : inc->opened_ns;

	for (int p = 0; p < PHASE_MAX; p++)
		if (inc->phase_ns[p] > when)
			when = inc->phase_ns[p];
	d->busy = !inc->closed;
	metrics_device__set_state(m, d, states[inc->state], when);
}

static void end(struct metrics *m, struct metrics_open_incident *o, struct metrics_smmu *s,
		const struct incident *inc)
{
	enum outcome outcome = inc->state == INCIDENT_RECOVERED ? OUTCOME_RECOVERED :
			       inc->state == INCIDENT_REMOVED ? OUTCOME_REMOVED : OUTCOME_UNKNOWN;

	if (s && inc->state != INCIDENT_INNOCENT)
		s->closed[outcome][inc->injected]++;
	*o = m->open[--m->nopen];
}

void metrics__phase(struct metrics *m, const struct incident *inc, enum phase phase)
{
	struct metrics_smmu *s;
	struct metrics_device *d;
	struct metrics_open_incident *o;

	if (!m->w || phase == PHASE_PCI_EVENT)
		return;
	s = metrics_smmu__of(m, inc->smmu, inc->segment, inc->bdf);
	d = metrics_device__find(m, inc->segment, inc->bdf, true);
	o = track(m, inc);
	if (o && is_one(inc)) {
		if (d)
			metrics_device__touch(m, d);
		count(m, o, s, d, inc);
	}
	if (d)
		show_state(m, d, inc);
	if (o && inc->closed)
		end(m, o, s, inc);
}

/* Updates open incidents since their last phase, and counts them */
void incidents__collect(struct metrics *m)
{
	for (size_t i = 0; i < m->nsmmu; i++)
		m->smmu[i]->open[0] = m->smmu[i]->open[1] = 0;
	for (size_t i = 0; m->w && i < tracker__open_count(m->w->tracker); i++) {
		const struct incident *inc = tracker__open_at(m->w->tracker, i);
		struct metrics_smmu *s = metrics_smmu__of(m, inc->smmu, inc->segment, inc->bdf);
		struct metrics_open_incident *o = is_one(inc) ? track(m, inc) : NULL;

		if (!o)
			continue;
		count(m, o, s, metrics_device__find(m, inc->segment, inc->bdf, false), inc);
		if (s)
			s->open[inc->injected]++;
	}
}

void emit__closed(const struct metrics *m, struct emit *e)
{
	static const char *const outcomes[OUTCOME_MAX] = { "recovered", "removed", "unknown" };

	for (size_t i = 0; i < m->nsmmu; i++)
		for (int o = 0; o < OUTCOME_MAX; o++)
			for (int injected = 0; injected < 2; injected++)
				emit__uint(e, m->smmu[i]->closed[o][injected],
					   LABELS(m->smmu[i]->name, outcomes[o], yes_no[injected]));
}

void emit__open(const struct metrics *m, struct emit *e)
{
	for (size_t i = 0; i < m->nsmmu; i++)
		for (int injected = 0; injected < 2; injected++)
			emit__uint(e, m->smmu[i]->open[injected], LABELS(m->smmu[i]->name, yes_no[injected]));
}

static void emit_latency(const struct metrics *m, struct emit *e, enum latency which)
{
	for (size_t i = 0; i < m->nsmmu; i++)
		for (int injected = 0; injected < 2; injected++) {
			const struct latency_durations *l = &m->smmu[i]->latency[which][injected];

			emit__histogram(e, &l->d, l->ex, LABELS(m->smmu[i]->name, yes_no[injected]));
		}
}

#define LATENCY(name, which)							\
	void emit__##name(const struct metrics *m, struct emit *e)		\
	{									\
		emit_latency(m, e, which);					\
	}
LATENCY(detection, LAT_DETECTION)
LATENCY(quarantine, LAT_QUARANTINE)
LATENCY(exposure, LAT_EXPOSURE)
LATENCY(fence, LAT_FENCE)
LATENCY(reset, LAT_RESET)
LATENCY(recovery, LAT_RECOVERY)

/* Counts events, by what they are about. */

/* GERROR's bits, Arm IHI 0070 section 6.3.14 */
static const struct { unsigned int bit; const char *name; } gerror_causes[GERROR_CAUSES] = {
	{ 0, "cmdq" }, { 2, "evtq-abort" }, { 3, "priq-abort" }, { 4, "msi-cmdq-abort" },
	{ 5, "msi-evtq-abort" }, { 6, "msi-priq-abort" }, { 7, "msi-gerror-abort" },
	{ 8, "sfm" }, { 9, "cmdq-pages" },
};

static void on_gerror(struct metrics_smmu *s, const struct atcq_event *ev)
{
	for (int c = 0; c < GERROR_CAUSES; c++)
		if (ev->code & (1u << gerror_causes[c].bit))
			s->gerrors[c] += ev->count;
}

static void on_cmd_sync(struct metrics_smmu *s, const struct atcq_event *ev)
{
	if (!ev->ret)
		return;
	s->sync_failed[ev->ret == -EIO ? SYNC_ATC_TIMEOUT :
		       ev->ret == -ETIMEDOUT ? SYNC_POLL_TIMEOUT : SYNC_OTHER]++;
}

static void of_smmu(struct metrics *m, const struct atcq_event *ev)
{
	struct metrics_smmu *s = metrics_smmu__of(m, ev->smmu, ev->segment, ev->bdf);

	if (!s)
		return;
	switch (ev->type) {
	case ATCQ_EV_GERROR: on_gerror(s, ev); break;
	case ATCQ_EV_CMD_SYNC: on_cmd_sync(s, ev); break;
	case ATCQ_EV_CMDQ_ERROR: s->cmdq_errors[ev->code < CERROR_CAUSES ? ev->code : 0] += ev->count; break;
	case ATCQ_EV_SYNC_DELAYED:
		s->sync_delay_ns += ev->duration_ns > ev->usual_ns ? ev->duration_ns - ev->usual_ns : 0;
		break;
	default: break;
	}
}

static enum reset_result result_of(int ret)
{
	return !ret ? RESULT_OK : ret == -ENOTTY ? RESULT_UNSUPPORTED : RESULT_FAILED;
}

static void of_device(struct metrics *m, struct metrics_device *d, const struct atcq_event *ev)
{
	switch (ev->type) {
	case ATCQ_EV_ATC_SUPPRESSED: d->suppressed += ev->count; break;
	case ATCQ_EV_ATS_BLOCKED: d->ats = ev->ret ? d->ats : 0; break;
	case ATCQ_EV_ATS_RESTORED: d->ats = 1; break;
	case ATCQ_EV_RESET_PREPARE:
		if (!d->busy)
			metrics_device__set_state(m, d, STATE_RESETTING, ev->time_ns);
		break;
	case ATCQ_EV_RESET_DONE:
		d->resets[result_of(ev->ret)]++;
		if (!d->busy)
			metrics_device__set_state(m, d, ev->ret ? STATE_RESET_FAILED : STATE_HEALTHY, ev->time_ns);
		break;
	case ATCQ_EV_DEVICE_UNBLOCKED:
		if (!d->busy)
			metrics_device__set_state(m, d, STATE_HEALTHY, ev->time_ns);
		break;
	case ATCQ_EV_AER:
		if (ev->source < SEVERITIES)
			d->pcie_errors[ev->source] += ev->count;
		break;
	default: break;
	}
}

void metrics__event(struct metrics *m, const struct atcq_event *ev)
{
	struct metrics_device *d;

	if (!m->w)
		return;
	if (ev->type < ATCQ_EV_LOST)
		m->events[ev->type]++;
	if (ev->type == ATCQ_EV_FAULT_FIRED && ev->code < ATCQ_FAULTS)
		m->fired[ev->code] += ev->count;
	of_smmu(m, ev);
	d = ev->bdf == ATCQ_NONE ? NULL : metrics_device__find(m, ev->segment, ev->bdf, false);
	if (d)
		of_device(m, d, ev);
}

void emit__gerrors(const struct metrics *m, struct emit *e)
{
	for (size_t i = 0; i < m->nsmmu; i++)
		for (int c = 0; c < GERROR_CAUSES; c++)
			emit__uint(e, m->smmu[i]->gerrors[c], LABELS(m->smmu[i]->name, gerror_causes[c].name));
}

void emit__cmdq_errors(const struct metrics *m, struct emit *e)
{
	static const char *const causes[CERROR_CAUSES] = {
		[ATCQ_CERROR_NONE] = "unknown", [ATCQ_CERROR_ILL] = "illegal-command",
		[ATCQ_CERROR_ABT] = "abort", [ATCQ_CERROR_ATC_INV_SYNC] = "atc-timeout",
	};

	for (size_t i = 0; i < m->nsmmu; i++)
		for (int c = 0; c < CERROR_CAUSES; c++)
			emit__uint(e, m->smmu[i]->cmdq_errors[c], LABELS(m->smmu[i]->name, causes[c]));
}

void emit__events(const struct metrics *m, struct emit *e)
{
	for (unsigned int type = 1; type < ATCQ_EV_LOST; type++) {
		const char *name = event_type__name(type);

		if (strcmp(name, "unknown"))
			emit__uint(e, m->events[type], LABELS(name));
	}
}

void emit__events_lost(const struct metrics *m, struct emit *e)
{
	emit__uint(e, m->lost_ring, LABELS("ring-buffer"));
	emit__uint(e, m->lost_other, LABELS("malformed"));
}

void emit__faults_fired(const struct metrics *m, struct emit *e)
{
	for (size_t i = 0; i < fault_points_n; i++)
		emit__uint(e, m->fired[fault_points[i].number], LABELS(fault_points[i].name));
}
