// SPDX-License-Identifier: GPL-2.0-only
/* Matches CMDQ errors with the incidents of their devices. */
#include <stddef.h>

#include "tracker_internal.h"

#define EIO_RET		(-5)
#define ERROR_SHARED_NS	1000000

static void queue_errors__put(struct queue_errors *r, const struct queue_error *error)
{
	r->error[r->next++ % MAX_QUEUE_ERRORS] = *error;
}

/*
 * The latest error at this position, or NULL. All devices of a list share it, one right
 * after the other: a later use belongs to another list at the same position, after a
 * wrap, whose own error was lost.
 */
static const struct queue_error *queue_errors__use(struct queue_errors *r, uint32_t smmu, uint32_t prod,
						   uint64_t now_ns)
{
	for (unsigned int i = 1; i <= MAX_QUEUE_ERRORS; i++) {
		struct queue_error *error = &r->error[(r->next - i) % MAX_QUEUE_ERRORS];

		if (!error->time_ns || error->smmu != smmu || error->prod != prod)
			continue;
		if (error->used_ns && now_ns > error->used_ns + ERROR_SHARED_NS)
			return NULL;
		error->used_ns = now_ns;
		return error;
	}
	return NULL;
}

static struct delay *find(struct delays *d, uint32_t smmu, uint32_t prod)
{
	for (unsigned int i = 0; i < MAX_DELAYS; i++)
		if (d->delay[i].count && d->delay[i].smmu == smmu && d->delay[i].prod == prod)
			return &d->delay[i];
	return NULL;
}

void delays__put(struct delays *d, const struct delay *waited)
{
	struct delay *known = find(d, waited->smmu, waited->prod);

	/* After a wrap: delays that were not taken belong to no incident */
	if (known && waited->from_ns > known->to_ns)
		known->count = 0;
	if (!known || !known->count) {
		if (!known)
			known = &d->delay[d->next++ % MAX_DELAYS];
		*known = *waited;
		known->count = 1;
		return;
	}
	known->count++;
	known->ns += waited->ns;
	if (waited->from_ns < known->from_ns)
		known->from_ns = waited->from_ns;
	if (waited->to_ns > known->to_ns)
		known->to_ns = waited->to_ns;
}

bool delays__take(struct delays *d, uint32_t smmu, uint32_t prod, uint64_t raised_ns,
		  struct delay *out)
{
	struct delay *known = find(d, smmu, prod);

	if (!known || raised_ns < known->from_ns || raised_ns > known->to_ns)
		return false;
	*out = *known;
	known->count = 0;
	return true;
}

static void on_raised(struct tracker *t, struct incident *inc, const struct queue_error *error)
{
	struct delay d;

	/* A device with several Stream IDs is named several times */
	if (inc->last_error_ns == error->time_ns)
		return;
	inc->cmdq_errors++;
	inc->last_error_ns = error->time_ns;
	inc->last_prod = error->prod;
	if (delays__take(&t->delays, inc->smmu, error->prod, error->time_ns, &d)) {
		inc->syncs_delayed += d.count;
		inc->sync_delay_ns += d.ns;
	}
	if (error->injected && !inc->injected) {
		inc->injected = true;
		t->totals.injected++;
	}
	tracker__set_timestamp(t, inc, PHASE_RAISED, error->time_ns);
}

/*
 * The log of a stock kernel does not always name the device of an error. An error
 * without a device joins the open incident of its SMMU instead of opening another.
 */
static struct incident *of_log(struct tracker *t, const struct atcq_event *ev)
{
	struct incident *inc = tracker__find_stream(t, ev->smmu, ev->sid);

	if (inc)
		return inc;
	for (size_t i = t->nopen; i-- > 0;) {
		inc = &t->open[i];
		if (inc->smmu != ev->smmu || (ev->sid != ATCQ_NONE && inc->sid != ATCQ_NONE))
			continue;
		if (inc->sid == ATCQ_NONE) {
			inc->sid = ev->sid;
			tracker__name_device(t, inc, ev->segment, ev->bdf);
		}
		return inc;
	}
	return tracker__open_incident(t, ev);
}

void tracker__on_cmdq_error(struct tracker *t, const struct atcq_event *ev)
{
	struct queue_error error = {
		.smmu = ev->smmu, .prod = ev->prod, .time_ns = ev->time_ns,
		.injected = ev->source == ATCQ_RAISED_INJECTED,
	};
	struct incident *inc;

	if (ev->code != ATCQ_CERROR_ATC_INV_SYNC)
		return;
	t->totals.cmdq_errors++;
	if (ev->source == ATCQ_RAISED_LOG) {
		inc = of_log(t, ev);
		if (!inc)
			return;
		inc->atc_timeouts++;
		t->totals.atc_timeouts++;
		on_raised(t, inc, &error);
		return;
	}
	while ((inc = tracker__find_sync(t, ev->smmu, ev->prod, PHASE_RAISED))) {
		on_raised(t, inc, &error);
		error.used_ns = ev->time_ns;
	}
	queue_errors__put(&t->raised, &error);
}

void tracker__on_cmd_sync(struct tracker *t, const struct atcq_event *ev)
{
	struct queue_error error = { .smmu = ev->smmu, .prod = ev->prod, .time_ns = ev->time_ns };
	struct incident *inc;

	if (ev->ret != EIO_RET)
		return;
	if (ev->duration_ns && ev->duration_ns < ev->time_ns)
		error.issued_ns = ev->time_ns - ev->duration_ns;
	while (error.issued_ns && (inc = tracker__find_sync(t, ev->smmu, ev->prod, PHASE_ISSUED))) {
		tracker__set_timestamp(t, inc, PHASE_ISSUED, error.issued_ns);
		error.used_ns = ev->time_ns;
	}
	queue_errors__put(&t->synced, &error);
}

void tracker__on_atc_timeout(struct tracker *t, const struct atcq_event *ev)
{
	const struct queue_error *synced = queue_errors__use(&t->synced, ev->smmu, ev->prod, ev->time_ns);
	const struct queue_error *raised = queue_errors__use(&t->raised, ev->smmu, ev->prod, ev->time_ns);
	struct incident *inc = tracker__find_named(t, ev);

	if (!inc)
		inc = tracker__open_incident(t, ev);
	if (!inc)
		return;
	inc->atc_timeouts++;
	t->totals.atc_timeouts++;
	if (synced)
		tracker__set_timestamp(t, inc, PHASE_ISSUED, synced->issued_ns);
	if (raised)
		on_raised(t, inc, raised);
	tracker__set_timestamp(t, inc, PHASE_DETECTED, ev->time_ns);
}

/* A list names all of its devices; a device that answers an ATC_INV of its own has no incident */
void tracker__on_atc_answered(struct tracker *t, const struct atcq_event *ev)
{
	struct incident *inc = tracker__find_named(t, ev);

	if (!inc || inc->state != INCIDENT_TIMED_OUT || inc->at_start)
		return;
	inc->state = INCIDENT_INNOCENT;
	t->totals.incidents--;
	t->totals.injected -= inc->injected;
	t->totals.cleared++;
	tracker__close_incident(t, inc, ev->time_ns);
}

/* A delayed CMD_SYNC is reported when it ends, possibly before its error has a device */
void tracker__on_sync_delayed(struct tracker *t, const struct atcq_event *ev)
{
	struct delay d = {
		.smmu = ev->smmu, .prod = ev->prod, .to_ns = ev->time_ns,
		.ns = ev->duration_ns > ev->usual_ns ? ev->duration_ns - ev->usual_ns : 0,
		.from_ns = ev->time_ns > ev->duration_ns ? ev->time_ns - ev->duration_ns : 0,
	};

	t->totals.syncs_delayed++;
	t->totals.sync_delay_ns += d.ns;
	for (size_t i = t->nopen; i-- > 0;) {
		struct incident *inc = &t->open[i];

		if (inc->smmu != ev->smmu || inc->last_prod != ev->prod || !inc->cmdq_errors)
			continue;
		inc->syncs_delayed++;
		inc->sync_delay_ns += d.ns;
		return;
	}
	delays__put(&t->delays, &d);
}
