// SPDX-License-Identifier: GPL-2.0-only
/* The tracker's open incidents, and the PCIe events that are related to them. */
#include <string.h>

#include "tracker_internal.h"

void tracker__notify(struct tracker *t, const struct incident *inc, enum phase phase)
{
	if (t->fn)
		t->fn(t->ctx, inc, phase);
}

struct incident *tracker__find_device(struct tracker *t, uint32_t segment, uint32_t bdf)
{
	for (size_t i = t->nopen; bdf != ATCQ_NONE && i-- > 0;)
		if (t->open[i].segment == segment && t->open[i].bdf == bdf)
			return &t->open[i];
	return NULL;
}

struct incident *tracker__find_stream(struct tracker *t, uint32_t smmu, uint32_t sid)
{
	for (size_t i = t->nopen; i-- > 0;)
		if (t->open[i].smmu == smmu && t->open[i].sid == sid)
			return &t->open[i];
	return NULL;
}

struct incident *tracker__find_sync(struct tracker *t, uint32_t smmu, uint32_t prod, enum phase missing)
{
	for (size_t i = t->nopen; i-- > 0;)
		if (t->open[i].smmu == smmu && t->open[i].prod == prod && !t->open[i].phase_ns[missing])
			return &t->open[i];
	return NULL;
}

static bool concerns(const struct tracker *t, const struct incident *inc,
		      const struct atcq_event *ev)
{
	if (inc->bdf == ATCQ_NONE || inc->segment != ev->segment)
		return false;
	return inc->bdf == ev->bdf ||
	       (t->above && t->above(t->above_ctx, ev->segment, ev->bdf, inc->bdf));
}

static void attach(struct tracker *t, struct incident *inc, const struct atcq_event *ev)
{
	struct pci_event n = {
		.time_ns = ev->time_ns, .type = ev->type, .code = ev->code, .bdf = ev->bdf,
		.severity = ev->type == ATCQ_EV_AER ? ev->source : 0, .count = ev->count,
	};

	for (uint32_t i = 0; i < inc->npci_events; i++) {
		struct pci_event *old = &inc->pci_event[i];

		if (old->type != n.type || old->code != n.code || old->bdf != n.bdf ||
		    old->severity != n.severity)
			continue;
		old->count += n.count;
		return;
	}
	if (inc->npci_events == MAX_PCI_EVENTS) {
		inc->pci_events_more += n.count;
		return;
	}
	inc->pci_event[inc->npci_events++] = n;
	tracker__notify(t, inc, PHASE_PCI_EVENT);
}

/* @inc was opened, or its device became known: attaches the PCIe events just before it */
static void add_earlier_pci_events(struct tracker *t, struct incident *inc)
{
	for (unsigned int i = 0; i < PCI_EVENT_RING; i++) {
		const struct atcq_event *ev =
			&t->pci_events.event[(t->pci_events.next + i) % PCI_EVENT_RING];

		if (ev->type && ev->time_ns + PCI_EVENT_BEFORE_NS >= inc->opened_ns &&
		    concerns(t, inc, ev))
			attach(t, inc, ev);
	}
}

struct incident *tracker__open_incident(struct tracker *t, const struct atcq_event *ev)
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
	inc->last_prod = ev->prod;
	inc->opened_ns = ev->time_ns;
	inc->reported_phases = t->reported_phases;
	/* A phase that the source cannot report will be missing */
	inc->incomplete = t->reported_phases != PHASES_ALL;
	inc->serial = ++t->opened;
	t->totals.incidents++;
	add_earlier_pci_events(t, inc);
	return inc;
}

void tracker__name_device(struct tracker *t, struct incident *inc, uint32_t segment, uint32_t bdf)
{
	if (inc->bdf != ATCQ_NONE || bdf == ATCQ_NONE)
		return;
	inc->segment = segment;
	inc->bdf = bdf;
	add_earlier_pci_events(t, inc);
}

struct incident *tracker__find_named(struct tracker *t, const struct atcq_event *ev)
{
	struct incident *inc = tracker__find_device(t, ev->segment, ev->bdf);

	return inc || ev->sid == ATCQ_NONE ? inc : tracker__find_stream(t, ev->smmu, ev->sid);
}

struct incident *tracker__incident_of(struct tracker *t, const struct atcq_event *ev)
{
	struct incident *inc = tracker__find_named(t, ev);

	if (!inc) {
		inc = tracker__open_incident(t, ev);
		if (inc)
			inc->incomplete = true;
	}
	if (inc)
		tracker__name_device(t, inc, ev->segment, ev->bdf);
	return inc;
}

void tracker__set_timestamp(struct tracker *t, struct incident *inc, enum phase phase, uint64_t time_ns)
{
	if (inc->phase_ns[phase] || !time_ns)
		return;
	for (int p = 0; p < (int)phase; p++)
		if (inc->phase_ns[p] > time_ns)
			inc->incomplete = true;
	inc->phase_ns[phase] = time_ns;
	tracker__notify(t, inc, phase);
}

void tracker__close_incident(struct tracker *t, struct incident *inc, uint64_t time_ns)
{
	size_t i = inc - t->open;

	for (int p = PHASE_ISSUED; p <= PHASE_BLOCKED; p++)
		if (!inc->phase_ns[p])
			inc->incomplete = true;
	inc->closed = true;
	inc->closed_ns = time_ns;
	tracker__notify(t, inc, PHASE_MAX);
	t->nopen--;
	memmove(&t->open[i], &t->open[i + 1], (t->nopen - i) * sizeof(*inc));
}

/* An event of a port concerns all devices below it */
void tracker__on_pci_event(struct tracker *t, const struct atcq_event *ev)
{
	for (size_t i = 0; i < t->nopen; i++)
		if (concerns(t, &t->open[i], ev))
			attach(t, &t->open[i], ev);
	t->pci_events.event[t->pci_events.next++ % PCI_EVENT_RING] = *ev;
}
