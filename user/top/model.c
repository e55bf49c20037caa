// SPDX-License-Identifier: GPL-2.0-only
/* The picture: what there is, and what changed since the one before. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/stats.h"
#include "inject/armed.h"
#include "lib/clock.h"
#include "top.h"

const char *const top_sorts[] = { "device", "state", "incident", "name", NULL };

static struct top_row *row_of(struct top *t, uint32_t segment, uint32_t addr)
{
	for (size_t i = 0; i < t->nrow; i++)
		if (t->row[i].dev.segment == segment && t->row[i].dev.addr == addr)
			return &t->row[i];
	return NULL;
}

void top__incident(struct top *t, const struct incident *inc, enum phase phase)
{
	struct top_row *row = row_of(t, inc->segment, inc->bdf);

	(void)phase;
	if (!row)
		return;
	if (!row->had_incident || row->last.opened_ns != inc->opened_ns)
		row->incidents++;
	row->had_incident = true;
	row->last = *inc;
	if (inc->closed && inc->state == INCIDENT_INNOCENT)
		row->incidents--;
}

/* The devices of @inv, with what was known of them before */
static int update_rows(struct top *t, const struct inventory *inv)
{
	struct top old = *t;
	struct top_row *was;

	t->row = calloc(inv->ndev ? inv->ndev : 1, sizeof(*t->row));
	if (!t->row) {
		t->row = old.row;
		return -ENOMEM;
	}
	t->nrow = inv->ndev;
	for (size_t i = 0; i < inv->ndev; i++) {
		was = row_of(&old, inv->dev[i].segment, inv->dev[i].addr);
		if (was)
			t->row[i] = *was;
		t->row[i].dev = inv->dev[i];
		t->row[i].armed[0] = '\0';
	}
	free(old.row);
	return 0;
}

/* A recording has the devices of when it began; what became of them is in its events */
static void state_from_incidents(struct top *t)
{
	for (size_t i = 0; i < t->nrow; i++) {
		struct top_row *row = &t->row[i];

		if (!row->had_incident || !row->dev.state_known)
			continue;
		row->dev.blocked = row->last.closed ? ATCQ_BLOCKED_NO :
				   row->last.state == INCIDENT_RESET_FAILED ? ATCQ_BLOCKED_RESET_FAILED :
				   row->last.state < INCIDENT_FENCED ? ATCQ_BLOCKED_NO : ATCQ_BLOCKED_BROKEN;
		if (row->last.state != INCIDENT_REMOVED)
			row->dev.ats = row->last.closed ? ATS_ON : ATS_BROKEN;
	}
}

static int look_at_devices(struct top *t, const struct watch *w)
{
	int ret;

	if (source__recorded(w->src)) {
		ret = update_rows(t, &source__meta(w->src)->inv);
		state_from_incidents(t);
		return ret;
	}
	ret = t->inv.ndev ? inventory__reread(&t->inv, "/sys") : inventory__read(&t->inv, "/sys");
	return ret ? ret : update_rows(t, &t->inv);
}

static void add_fault(struct top *t, const char *device, const char *fault)
{
	size_t n;

	for (size_t i = 0; device && fault && i < t->nrow; i++) {
		if (strcmp(t->row[i].dev.bdf, device))
			continue;
		n = strlen(t->row[i].armed);
		snprintf(t->row[i].armed + n, sizeof(t->row[i].armed) - n, "%s%s", n ? " " : "", fault);
	}
}

static int on_armed(void *ctx, const struct armed *what)
{
	json_t *rule, *device;
	size_t i, k;

	json_array_foreach(what->rules, i, rule)
		json_array_foreach(json_object_get(rule, "devices"), k, device)
			add_fault(ctx, json_string_value(device),
				  json_string_value(json_object_get(rule, "fault")));
	return 0;
}

static void update_smmu(struct top_smmu *s, const struct atcq_hist *now, struct atcq_hist *delta)
{
	for (unsigned int b = 0; b < ATCQ_HIST_BUCKETS; b++)
		delta->bucket[b] = now->bucket[b] - s->total.bucket[b];
	delta->count = s->count = now->count - s->total.count;
	s->failed = now->failed - s->total.failed;
	s->p50_ns = hist__quantile(delta, 50);
	s->p99_ns = hist__quantile(delta, 99);
	s->total = *now;
}

static int update_smmus(struct top *t, const struct watch *w)
{
	struct atcq_hist *now = calloc(2, sizeof(*now));

	if (!now)
		return -ENOMEM;
	for (size_t i = 0; i < t->nsmmu; i++) {
		/* Nothing seen there yet is no error */
		if (!source__hist(w->src, t->smmu[i].smmu, now))
			update_smmu(&t->smmu[i], now, &now[1]);
	}
	free(now);
	return 0;
}

static void update_cost(struct top *t)
{
	uint64_t now = clock__process_cpu_ns();

	t->own_cpu = t->interval_ns ? (double)(now - t->cpu_ns) / t->interval_ns : 0;
	t->cpu_ns = now;
}

int top__update(struct top *t, const struct watch *w)
{
	uint64_t now = source__now_ns(w->src), atc_invs = t->counters.atc_invs;
	int ret;

	t->interval_ns = t->taken_ns ? now - t->taken_ns : 0;
	t->taken_ns = now;
	ret = look_at_devices(t, w);
	if (!ret)
		ret = update_smmus(t, w);
	if (!ret)
		ret = source__counters(w->src, &t->counters);
	if (ret)
		return ret;
	t->atc_invs = t->counters.atc_invs - atc_invs;
	t->open = tracker__open_count(w->tracker);
	t->incidents = tracker__totals(w->tracker)->incidents;
	if (source__recorded(w->src))
		return 0;
	update_cost(t);
	/* Not to be allowed to look is no reason to show nothing */
	armed__each(ARMED_DIR, on_armed, t);
	return 0;
}

int top__init(struct top *t, const struct watch *w)
{
	memset(t, 0, sizeof(*t));
	t->smmu = calloc(w->inv.nsmmu, sizeof(*t->smmu));
	if (!t->smmu)
		return -ENOMEM;
	t->nsmmu = w->inv.nsmmu;
	for (size_t i = 0; i < t->nsmmu; i++)
		t->smmu[i].smmu = i;
	if (!source__recorded(w->src))
		return top__update(t, w);
	/* Of a recording there is one picture, of all of it */
	t->taken_ns = source__meta(w->src)->start_ns;
	return look_at_devices(t, w);
}

void top__free(struct top *t)
{
	inventory__free(&t->inv);
	free(t->row);
	free(t->smmu);
}
