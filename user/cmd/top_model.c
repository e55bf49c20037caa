// SPDX-License-Identifier: GPL-2.0-only
/* The picture of atcq top: what it has, what changed since the one before, and as text and JSON. */
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/stats.h"
#include "inject/arm.h"
#include "lib/clock.h"
#include "lib/file.h"
#include "report/lines.h"
#include "source/kernel.h"
#include "top.h"

/* The picture: devices and SMMUs, and what changed since the one before. */

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

/* The devices of @inv, with what the last picture had of them */
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

/* A recording has the devices as they were at its start; later changes are in its events */
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

static int update_devices(struct top *t, const struct monitor *w)
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

static int on_armed(void *ctx, const struct registry_entry *what)
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

static int update_smmus(struct top *t, const struct monitor *w)
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

int top__update(struct top *t, const struct monitor *w)
{
	uint64_t now = source__now_ns(w->src), atc_invs = t->counters.atc_invs;
	int ret;

	t->interval_ns = t->taken_ns ? now - t->taken_ns : 0;
	t->taken_ns = now;
	ret = update_devices(t, w);
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
	/* Without permission to read the registry, all else is shown */
	registry__each(REGISTRY_DIR, on_armed, t);
	return 0;
}

int top__init(struct top *t, const struct monitor *w)
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
	return update_devices(t, w);
}

void top__free(struct top *t)
{
	inventory__free(&t->inv);
	free(t->row);
	free(t->smmu);
}

#define SMMUS_SHOWN	4	/* of many: the terminal is for the devices */

struct lines {
	top_line_fn fn;
	void *ctx;
	size_t left, columns;
};

static void __attribute__((format(printf, 3, 4)))
line(struct lines *l, enum top_kind kind, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	if (!l->left)
		return;
	l->left--;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (l->columns < sizeof(text))
		text[l->columns] = '\0';
	l->fn(l->ctx, kind, text);
}

static double per_second(const struct top *t, uint64_t n)
{
	return t->interval_ns ? n * 1e9 / t->interval_ns : 0;
}

static bool passes(const struct top_row *r, const char *filter)
{
	return !*filter || strstr(r->dev.bdf, filter) || strcasestr(r->dev.name, filter) ||
	       strcasestr(r->dev.driver, filter) || strstr(device__state_name(&r->dev), filter);
}

static uint64_t latest(const struct top_row *r)
{
	return r->had_incident ? r->last.opened_ns : 0;
}

static int compare(const void *a, const void *b, void *ctx)
{
	const struct top_row *l = *(const struct top_row *const *)a;
	const struct top_row *r = *(const struct top_row *const *)b;
	const struct top_view *v = ctx;
	int d = 0;

	switch (v->sort) {
	case TOP_BY_STATE:
		d = (int)r->dev.blocked - (int)l->dev.blocked;
		break;
	case TOP_BY_INCIDENT:
		d = (latest(l) < latest(r)) - (latest(l) > latest(r));
		break;
	case TOP_BY_NAME:
		d = strcasecmp(l->dev.name, r->dev.name);
		break;
	default:
		break;
	}
	if (!d)
		d = strcmp(l->dev.bdf, r->dev.bdf);
	return v->reverse ? -d : d;
}

static void head(struct lines *l, const struct top *t, const struct top_view *v, size_t shown)
{
	char p50[32], p99[32], clock[16];
	time_t now = clock__realtime_ns() / 1000000000;
	struct tm tm;

	strftime(clock, sizeof(clock), "%H:%M:%S", localtime_r(&now, &tm));
	line(l, TOP_TITLE, "atcq top  %s  %zu of %zu device(s)  %llu incident(s), %zu open%s%s%s", clock, shown,
	     t->nrow, (unsigned long long)t->incidents, t->open, v->paused ? "  PAUSED" : "",
	     *v->filter ? "  filter: " : "", v->filter);
	for (size_t i = 0; i < t->nsmmu && i < SMMUS_SHOWN; i++) {
		const struct top_smmu *s = &t->smmu[i];

		duration__format(s->p50_ns, DURATION_EXACT, p50, sizeof(p50));
		duration__format(s->p99_ns, DURATION_EXACT, p99, sizeof(p99));
		line(l, s->failed ? TOP_ALERT : TOP_TEXT, "SMMU %u  CMD_SYNCs %.0f/s, p50 %s, p99 %s, %llu failed",
		     s->smmu, per_second(t, s->count), s->count ? p50 : "-",
		     s->count >= STATS_P99_MIN ? p99 : "-", (unsigned long long)s->failed);
	}
	if (t->nsmmu > SMMUS_SHOWN)
		line(l, TOP_TEXT, "... and %zu more SMMU(s)", t->nsmmu - SMMUS_SHOWN);
	line(l, t->counters.lost_ringbuf + t->counters.lost_other ? TOP_ALERT : TOP_TEXT,
	     "ATC_INVs %.0f/s  events %llu, %llu lost  own cost %.1f %% of a CPU",
	     per_second(t, t->atc_invs), (unsigned long long)t->counters.events,
	     (unsigned long long)(t->counters.lost_ringbuf + t->counters.lost_other), 100 * t->own_cpu);
	line(l, TOP_HEAD, "%-13s %-12s %-11s %3s %-24s %s", "DEVICE", "STATE", "ATS", "INC",
	     "LAST INCIDENT", *v->filter || shown ? "ARMED / NAME" : "");
}

/* As short as it can be read: there are 80 columns */
static void short_time(uint64_t ns, char *out, size_t len)
{
	if (ns >= 1000000000)
		snprintf(out, len, "%.1f s", ns / 1e9);
	else
		snprintf(out, len, "%.1f ms", ns / 1e6);
}

/* "4.0 s ago, took 1.2 s" */
static void last_incident(const struct top *t, const struct top_row *r, char *out, size_t len)
{
	char ago[32], took[32];
	uint64_t ns;

	snprintf(out, len, "-");
	if (!r->had_incident)
		return;
	short_time(t->taken_ns > r->last.opened_ns ? t->taken_ns - r->last.opened_ns : 0, ago, sizeof(ago));
	if (incident__latency(&r->last, LAT_RECOVERY, &ns)) {
		short_time(ns, took, sizeof(took));
		snprintf(out, len, "%s ago, took %s", ago, took);
	} else {
		snprintf(out, len, "%s ago, %s", ago, incident_state__name(r->last.state));
	}
}

static void row(struct lines *l, const struct top *t, const struct top_row *r)
{
	bool alert = r->dev.blocked || r->dev.ats == ATS_BROKEN;
	char last[80];

	last_incident(t, r, last, sizeof(last));
	line(l, alert ? TOP_ALERT : TOP_HEALTHY, "%-13s %-12s %-11s %3u %-24s %s%s%s", r->dev.bdf,
	     device__state_name(&r->dev), ats_state__name(r->dev.ats), r->incidents, last,
	     r->armed, *r->armed ? "  " : "", r->dev.name);
}

size_t top__lines(const struct top *t, const struct top_view *v, size_t lines, size_t columns,
		  top_line_fn fn, void *ctx)
{
	struct lines l = { .fn = fn, .ctx = ctx, .left = lines ? lines : SIZE_MAX, .columns = columns };
	const struct top_row **sorted = calloc(t->nrow ? t->nrow : 1, sizeof(struct top_row *));
	size_t n = 0;

	for (size_t i = 0; sorted && i < t->nrow; i++)
		if (passes(&t->row[i], v->filter))
			sorted[n++] = &t->row[i];
	if (n)
		qsort_r(sorted, n, sizeof(struct top_row *), compare, (void *)v);
	head(&l, t, v, n);
	if (!n)
		line(&l, TOP_TEXT, t->nrow ? "No device matches the filter." :
					     "No PCI device is behind an SMMUv3.");
	for (size_t i = v->first; i < n; i++)
		row(&l, t, sorted[i]);
	free(sorted);
	return n;
}

static json_t *devices(const struct top *t)
{
	json_t *list = json_array();

	for (size_t i = 0; i < t->nrow; i++) {
		const struct top_row *r = &t->row[i];

		json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:s, s:i, s:s, s:o}",
			"device", r->dev.bdf, "name", r->dev.name, "state", device__state_name(&r->dev),
			"ats", ats_state__name(r->dev.ats), "incidents", (int)r->incidents,
			"armed", r->armed, "last_incident",
			r->had_incident ? json__incident(&r->last, boot_id()) : json_null()));
	}
	return list;
}

static json_t *smmus(const struct top *t)
{
	json_t *list = json_array();

	for (size_t i = 0; i < t->nsmmu; i++) {
		const struct top_smmu *s = &t->smmu[i];

		json_array_append_new(list, json_pack("{s:i, s:I, s:I, s:o, s:o}",
			"smmu", (int)s->smmu, "cmd_syncs", (json_int_t)s->count,
			"failed", (json_int_t)s->failed,
			"p50_ns", json__number_or_null(s->count, s->p50_ns),
			"p99_ns", json__number_or_null(s->count >= STATS_P99_MIN, s->p99_ns)));
	}
	return list;
}

int top__json(FILE *out, const struct top *t)
{
	const struct source_counters *c = &t->counters;

	return json__line(out, json_pack("{s:I, s:I, s:o, s:o, s:I, s:I, s:I, s:I, s:I, s:f}",
		"time_ns", (json_int_t)t->taken_ns, "interval_ns", (json_int_t)t->interval_ns,
		"smmus", smmus(t), "devices", devices(t),
		"incidents", (json_int_t)t->incidents, "open", (json_int_t)t->open,
		"atc_invs", (json_int_t)t->atc_invs, "events", (json_int_t)c->events,
		"events_lost", (json_int_t)(c->lost_ringbuf + c->lost_other), "own_cpu", t->own_cpu));
}
