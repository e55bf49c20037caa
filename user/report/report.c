// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/clock.h"
#include "report.h"

_Static_assert(TIME_BUCKETS_MAX % 2 == 0, "buckets are merged in pairs");
_Static_assert(ATCQ_HIST_BUCKETS % HIST_BUCKETS_PER_ROW == 0, "rows have whole buckets");

void time_buckets__start(struct time_buckets *s, uint32_t smmu, uint64_t start_ns, const struct atcq_hist *seen)
{
	memset(s, 0, sizeof(*s));
	s->smmu = smmu;
	s->width_ns = TIME_BUCKET_FIRST_NS;
	s->end_ns = start_ns;
	if (seen)
		s->seen = *seen;
}

bool time_buckets__due(const struct time_buckets *s, uint64_t now_ns)
{
	return now_ns >= s->end_ns + s->width_ns;
}

static void merge_pairs(struct time_buckets *s)
{
	for (size_t i = 0; i < s->n / 2; i++) {
		struct time_bucket *into = &s->v[i];
		const struct time_bucket *second = &s->v[2 * i + 1];

		*into = s->v[2 * i];
		into->end_ns = second->end_ns;
		into->count += second->count;
		into->failed += second->failed;
		for (unsigned int row = 0; row < TIME_BUCKET_ROWS; row++)
			into->row[row] += second->row[row];
	}
	s->n /= 2;
	/* As long as the others are by now, however late they were cut */
	s->width_ns = (s->end_ns - s->v[0].start_ns) / s->n;
}

/* CPUs continue while their counters are read one after the other: no count decreases */
static uint64_t gained(uint64_t total, uint64_t seen)
{
	return total > seen ? total - seen : 0;
}

void time_buckets__add(struct time_buckets *s, uint64_t end_ns, const struct atcq_hist *total)
{
	struct time_bucket *next;

	if (end_ns <= s->end_ns)
		return;
	if (s->n == TIME_BUCKETS_MAX)
		merge_pairs(s);
	next = &s->v[s->n++];
	memset(next, 0, sizeof(*next));
	next->start_ns = s->end_ns;
	next->end_ns = end_ns;
	next->count = gained(total->count, s->seen.count);
	next->failed = gained(total->failed, s->seen.failed);
	for (unsigned int i = 0; i < ATCQ_HIST_BUCKETS; i++)
		next->row[i / HIST_BUCKETS_PER_ROW] += gained(total->bucket[i], s->seen.bucket[i]);
	s->seen = *total;
	s->end_ns = end_ns;
}

const unsigned int report_percents[REPORT_QUANTILES] = { 0, 50, 90, 99, 100 };
const char *const report_quantiles[REPORT_QUANTILES] = { "min", "p50", "p90", "p99", "max" };

bool report__enough(unsigned int percent, uint64_t n)
{
	return n && (percent != 99 || n >= STATS_P99_MIN);
}

#define FIRST	(REPORT_INCIDENTS / 2)
#define LAST	(REPORT_INCIDENTS - FIRST)

static void reverse(struct incident *v, size_t n)
{
	for (size_t i = 0; i < n / 2; i++) {
		struct incident tmp = v[i];

		v[i] = v[n - 1 - i];
		v[n - 1 - i] = tmp;
	}
}

/* The last half is a ring: turns it so that the oldest is first */
void report__settle(struct report *r)
{
	size_t turn = r->omitted % LAST;

	if (!r->omitted || r->settled)
		return;
	reverse(r->incidents + FIRST, turn);
	reverse(r->incidents + FIRST + turn, LAST - turn);
	reverse(r->incidents + FIRST, LAST);
	r->settled = true;
}

static void keep(struct report *r, const struct incident *inc)
{
	r->open += !inc->closed;
	if (r->n == REPORT_INCIDENTS) {
		r->incidents[FIRST + r->omitted++ % LAST] = *inc;
		return;
	}
	if (r->n == r->capacity) {
		size_t capacity = r->capacity ? r->capacity * 2 : 32;
		struct incident *grown = realloc(r->incidents, capacity * sizeof(*grown));

		if (!grown) {
			r->dropped++;
			return;
		}
		r->incidents = grown;
		r->capacity = capacity;
	}
	r->incidents[r->n++] = *inc;
}

void report__add(struct report *r, const struct incident *inc)
{
	uint64_t ns;

	if (inc->state == INCIDENT_INNOCENT)
		return;
	r->errors.limit = REPORT_SAMPLES;
	for (int l = 0; l < LAT_MAX; l++)
		r->latency[l].limit = REPORT_SAMPLES;
	for (int l = 0; l < LAT_MAX; l++)
		if (incident__latency(inc, l, &ns) && samples__add(&r->latency[l], ns))
			r->dropped++;
	if (!inc->at_start && samples__add(&r->errors, inc->cmdq_errors))
		r->dropped++;
	keep(r, inc);
}

int report__add_syncs(struct report *r, uint32_t smmu, const struct atcq_hist *hist)
{
	struct report_syncs *grown = realloc(r->syncs, (r->nsyncs + 1) * sizeof(*grown));

	if (!grown)
		return -ENOMEM;
	r->syncs = grown;
	r->syncs[r->nsyncs].smmu = smmu;
	r->syncs[r->nsyncs++].hist = *hist;
	return 0;
}

void report__add_event(struct report *r, const struct atcq_event *ev)
{
	/* In one piece: this is called while events wait in the ring buffer */
	if (!r->events)
		r->events = malloc(REPORT_EVENTS_MAX * sizeof(*r->events));
	if (!r->events || r->nevents == REPORT_EVENTS_MAX)
		r->events_left_out++;
	else
		r->events[r->nevents++] = *ev;
}

static int by_address(const void *a, const void *b)
{
	const struct device *l = &((const struct report_device *)a)->dev;
	const struct device *r = &((const struct report_device *)b)->dev;

	if (l->segment != r->segment)
		return l->segment < r->segment ? -1 : 1;
	return l->addr < r->addr ? -1 : l->addr > r->addr;
}

int report__add_devices(struct report *r, const struct inventory *inv)
{
	r->devices = calloc(inv->ndev ? inv->ndev : 1, sizeof(*r->devices));
	if (!r->devices)
		return -ENOMEM;
	for (size_t i = 0; i < inv->ndev; i++)
		r->devices[i].dev = inv->dev[i];
	r->ndevices = inv->ndev;
	qsort(r->devices, r->ndevices, sizeof(*r->devices), by_address);
	return 0;
}

void report__end_devices(struct report *r, const struct inventory *inv)
{
	for (size_t i = 0; i < r->ndevices; i++) {
		struct device *d = &r->devices[i].dev;
		const struct device *now = inventory__by_addr(inv, d->segment, d->addr);

		r->devices[i].removed = !now;
		if (now)
			*d = *now;
	}
}

const struct report_device *report__device(const struct report *r, uint32_t segment, uint32_t addr)
{
	const struct report_device key = { .dev = { .segment = segment, .addr = addr } };

	return r->ndevices ? bsearch(&key, r->devices, r->ndevices, sizeof(key), by_address) : NULL;
}

uint64_t report__end_ns(const struct report *r)
{
	return r->start_ns + r->duration_ns;
}

void report__wall(const struct report *r, uint64_t boottime_ns, char out[32])
{
	*out = '\0';
	if (r->wall_offset_ns && boottime_ns)
		utc__format((int64_t)boottime_ns + r->wall_offset_ns, out);
}

struct report_boot *report__add_boot(struct report *r)
{
	struct report_boot *grown = realloc(r->boots, (r->nboots + 1) * sizeof(*grown));

	if (!grown)
		return NULL;
	r->boots = grown;
	return memset(&r->boots[r->nboots++], 0, sizeof(*grown));
}

const char *report__boot_id(const struct report *r, const struct incident *inc)
{
	return inc->boot < r->nboots ? r->boots[inc->boot].boot_id : r->boot_id;
}

const char *report__kernel(const struct report *r, const struct incident *inc)
{
	return inc->boot < r->nboots ? r->boots[inc->boot].kernel : r->kernel;
}

void report__wall_of(const struct report *r, const struct incident *inc, uint64_t boottime_ns, char out[32])
{
	*out = '\0';
	if (inc->opened_utc_ns && boottime_ns)
		utc__format(inc->opened_utc_ns + (int64_t)(boottime_ns - inc->opened_ns), out);
	else if (!r->db)
		report__wall(r, boottime_ns, out);
}

void report__span_of_boot(struct report *r)
{
	const struct report_boot *b = r->boots;
	uint64_t end = 0;

	if (r->nboots != 1)
		return;
	snprintf(r->boot_id, sizeof(r->boot_id), "%s", b->boot_id);
	snprintf(r->kernel, sizeof(r->kernel), "%s", b->kernel);
	if (strcmp(b->host, "(none)"))
		snprintf(r->host, sizeof(r->host), "%s", b->host);
	r->wall_offset_ns = b->wall_offset_ns;
	for (size_t i = 0; i < r->n; i++) {
		const struct incident *inc = &r->incidents[i];
		uint64_t origin = incident__origin(inc), last = inc->closed_ns;

		for (int p = 0; p < PHASE_MAX; p++)
			if (inc->phase_ns[p] > last)
				last = inc->phase_ns[p];
		if (!r->start_ns || origin < r->start_ns)
			r->start_ns = origin;
		if (last > end)
			end = last;
	}
	r->duration_ns = end > r->start_ns ? end - r->start_ns : 0;
}

int report__add_atc(struct report *r, const struct report_atc *atc)
{
	struct report_atc *grown = realloc(r->atc, (r->natc + 1) * sizeof(*grown));

	if (!grown)
		return -ENOMEM;
	r->atc = grown;
	r->atc[r->natc++] = *atc;
	return 0;
}

uint64_t report__lost(const struct report *r)
{
	return r->counters.lost_ringbuf + r->counters.lost_other + r->totals.dropped + r->dropped;
}

void report__add_violation(struct report *r, const struct violation *v)
{
	struct violation *grown = realloc(r->violation, (r->nviolations + 1) * sizeof(*grown));

	if (!grown) {
		r->dropped++;
		return;
	}
	r->violation = grown;
	r->violation[r->nviolations++] = *v;
}

void report__set_invariants(struct report *r, const struct invariants *c)
{
	r->has_invariants = true;
	for (int i = 0; i < INV_MAX; i++)
		r->invariant[i] = (struct report_invariant) {
			.verdict = invariants__verdict(c, i), .checked = invariants__checked(c, i),
			.violated = invariants__violated(c, i),
		};
}

enum invariant_verdict report__verdict(const struct report *r)
{
	enum invariant_verdict all = VERDICT_HELD;

	for (int i = 0; i < INV_MAX; i++) {
		if (r->invariant[i].verdict == VERDICT_VIOLATED)
			return VERDICT_VIOLATED;
		if (r->invariant[i].verdict == VERDICT_NOT_CHECKED)
			all = VERDICT_NOT_CHECKED;
	}
	return all;
}

void report__free(struct report *r)
{
	for (int l = 0; l < LAT_MAX; l++)
		samples__free(&r->latency[l]);
	samples__free(&r->errors);
	free(r->incidents);
	free(r->syncs);
	free(r->command);
	free(r->devices);
	free(r->time_buckets);
	free(r->events);
	free(r->violation);
	free(r->atc);
	free(r->boots);
}
