// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "follow.h"

void tell(struct tracker *t, const struct incident *inc, enum phase phase)
{
	if (t->fn)
		t->fn(t->ctx, inc, phase);
}

struct incident *find_device(struct tracker *t, uint32_t segment, uint32_t bdf)
{
	for (size_t i = t->nopen; bdf != ATCQ_NONE && i-- > 0;)
		if (t->open[i].segment == segment && t->open[i].bdf == bdf)
			return &t->open[i];
	return NULL;
}

struct incident *find_stream(struct tracker *t, uint32_t smmu, uint32_t sid)
{
	for (size_t i = t->nopen; i-- > 0;)
		if (t->open[i].smmu == smmu && t->open[i].sid == sid)
			return &t->open[i];
	return NULL;
}

struct incident *find_sync(struct tracker *t, uint32_t smmu, uint32_t prod, enum phase missing)
{
	for (size_t i = t->nopen; i-- > 0;)
		if (t->open[i].smmu == smmu && t->open[i].prod == prod && !t->open[i].stamp[missing])
			return &t->open[i];
	return NULL;
}

struct incident *open_incident(struct tracker *t, const struct atcq_event *ev)
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
	inc->told = t->told;
	/* What nobody can tell will be missing */
	inc->incomplete = t->told != PHASES_ALL;
	inc->serial = ++t->opened;
	t->totals.incidents++;
	neighbours_before(t, inc);
	return inc;
}

void name_device(struct tracker *t, struct incident *inc, uint32_t segment, uint32_t bdf)
{
	if (inc->bdf != ATCQ_NONE || bdf == ATCQ_NONE)
		return;
	inc->segment = segment;
	inc->bdf = bdf;
	neighbours_before(t, inc);
}

struct incident *find_named(struct tracker *t, const struct atcq_event *ev)
{
	struct incident *inc = find_device(t, ev->segment, ev->bdf);

	return inc || ev->sid == ATCQ_NONE ? inc : find_stream(t, ev->smmu, ev->sid);
}

struct incident *of_device(struct tracker *t, const struct atcq_event *ev)
{
	struct incident *inc = find_named(t, ev);

	if (!inc) {
		inc = open_incident(t, ev);
		if (inc)
			inc->incomplete = true;
	}
	if (inc)
		name_device(t, inc, ev->segment, ev->bdf);
	return inc;
}

void stamp(struct tracker *t, struct incident *inc, enum phase phase, uint64_t time_ns)
{
	if (inc->stamp[phase] || !time_ns)
		return;
	for (int p = 0; p < (int)phase; p++)
		if (inc->stamp[p] > time_ns)
			inc->incomplete = true;
	inc->stamp[phase] = time_ns;
	tell(t, inc, phase);
}

void close_incident(struct tracker *t, struct incident *inc, uint64_t time_ns)
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
