// SPDX-License-Identifier: GPL-2.0-only
/* The picture as lines of text. */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/stats.h"
#include "lib/clock.h"
#include "top.h"

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
