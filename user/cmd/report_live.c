// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "lib/clock.h"
#include "lib/file.h"
#include "lib/log.h"
#include "lib/text.h"
#include "report.h"
#include "source/kernel.h"

#define CMDLINE_MAX (8 << 20)

/* This process's command line, quoted for a shell; NULL: out of memory, or no /proc */
static char *command_line(void)
{
	char *words, *line, *name;
	size_t n;

	if (file__read("/proc/self/cmdline", CMDLINE_MAX, &words, &n))
		return NULL;
	/* The program by its name, wherever it is installed */
	name = n ? memrchr(words, '/', strnlen(words, n)) : NULL;
	name = name ? name + 1 : words;
	line = shell__quote(name, n - (name - words));
	free(words);
	return line;
}

void report__fill_command(struct report *r)
{
	r->version = ATCQ_VERSION;
	r->command = command_line();
}

/* Sets this machine's name, kernel, boot ID and command line, and the time */
static void report__fill_here(struct report *r)
{
	struct utsname un = { 0 };

	uname(&un);
	snprintf(r->kernel, sizeof(r->kernel), "%s", un.release);
	/* The name of a machine to which none was given */
	if (strcmp(un.nodename, "(none)"))
		snprintf(r->host, sizeof(r->host), "%s", un.nodename);
	snprintf(r->boot_id, sizeof(r->boot_id), "%s", boot_id());
	report__fill_command(r);
	r->start_ns = clock__boottime_ns();
	r->wall_offset_ns = clock__wall_offset_ns();
}

/* The same of a recording; the command line is that of the report */
static void fill_recorded(struct report *r, const struct source *src)
{
	const struct meta *m = source__meta(src);
	uint64_t real = source__realtime(src, m->start_ns);

	snprintf(r->kernel, sizeof(r->kernel), "%s", m->kernel);
	snprintf(r->host, sizeof(r->host), "%s", m->host);
	snprintf(r->boot_id, sizeof(r->boot_id), "%s", m->boot_id);
	r->version = m->atcq;
	r->command = command_line();
	r->start_ns = m->start_ns;
	r->wall_offset_ns = real ? (int64_t)(real - m->start_ns) : 0;
}

static void on_phase(void *ctx, const struct incident *inc, enum phase phase)
{
	struct live *live = ctx;

	if (phase == PHASE_MAX && inc->closed)
		report__add(&live->r, inc);
}

static void on_event(void *ctx, const struct atcq_event *ev)
{
	struct live *live = ctx;

	report__add_event(&live->r, ev);
}

static void on_violation(void *ctx, const struct violation *v)
{
	struct live *live = ctx;

	report__add_violation(&live->r, v);
}

static int start_time_buckets(struct live *live)
{
	struct report *r = &live->r;

	r->time_buckets = calloc(live->w.inv.nsmmu, sizeof(*r->time_buckets));
	if (!r->time_buckets)
		return -ENOMEM;
	r->ntime_buckets = live->w.inv.nsmmu;
	for (size_t i = 0; i < r->ntime_buckets; i++)
		time_buckets__start(&r->time_buckets[i], i, r->start_ns, NULL);
	return 0;
}

/* Ends the buckets that are over at @now_ns, or all that were started */
static void end_time_buckets(struct live *live, uint64_t now_ns, bool all)
{
	struct atcq_hist *hist = &live->hist;

	for (size_t i = 0; i < live->r.ntime_buckets; i++) {
		struct time_buckets *s = &live->r.time_buckets[i];

		if (!all && !time_buckets__due(s, now_ns))
			continue;
		/* One that has seen nothing yet has an empty bucket */
		if (source__hist(live->w.src, s->smmu, hist))
			*hist = s->seen;
		time_buckets__add(s, now_ns, hist);
	}
}

static void on_tick(void *ctx)
{
	struct live *live = ctx;

	end_time_buckets(live, source__now_ns(live->w.src), false);
}

/* An SMMU without any CMD_SYNC has no picture */
static void drop_idle_time_buckets(struct report *r)
{
	size_t n = 0;

	for (size_t i = 0; i < r->ntime_buckets; i++)
		if (r->time_buckets[i].seen.count)
			r->time_buckets[n++] = r->time_buckets[i];
	r->ntime_buckets = n;
}

static int start_live(struct live *live)
{
	int ret;

	if (live->input)
		fill_recorded(&live->r, live->w.src);
	else
		report__fill_here(&live->r);
	live->w.violation = on_violation;
	live->r.source = source__kind_name(source__kind(live->w.src));
	ret = report__add_devices(&live->r, &live->w.inv);
	if (!ret && live->over_time) {
		ret = start_time_buckets(live);
		live->w.on_event = on_event;
		live->w.on_tick = on_tick;
	}
	if (ret)
		log__error("what was counted cannot be kept: %s", strerror(-ret));
	return ret ? EXIT_ENVIRONMENT : 0;
}

struct atc_ctx {
	struct live *live;
	int err;
};

static void on_atc(void *ctx, uint32_t smmu, uint32_t sid, uint64_t n)
{
	struct atc_ctx *a = ctx;
	const struct device *d = inventory__by_sid(&a->live->w.inv, smmu, sid);
	struct report_atc atc = { .smmu = smmu, .sid = sid, .n = n };

	snprintf(atc.device, sizeof(atc.device), "%s", d ? d->bdf : "?");
	if (!a->err)
		a->err = report__add_atc(&a->live->r, &atc);
}

/* 0 also from a source that does not count so */
static int add_atc_invs(struct live *live)
{
	struct atc_ctx atc = { .live = live };
	int ret = source__atc_invs(live->w.src, on_atc, &atc);

	return ret == -EOPNOTSUPP ? 0 : ret ? ret : atc.err;
}

/* What is known at the end: the incidents that are still open, and all that was counted */
static int complete(struct live *live)
{
	struct report *r = &live->r;
	struct monitor *w = &live->w;
	struct inventory now;
	int ret = source__counters(w->src, &r->counters);

	monitor__finish(w);
	report__set_invariants(r, w->invariants);
	r->totals = *tracker__totals(w->tracker);
	for (size_t i = 0; i < tracker__open_count(w->tracker); i++)
		report__add(r, tracker__open_at(w->tracker, i));
	for (uint32_t smmu = 0; !ret && smmu < w->inv.nsmmu; smmu++)
		if (!source__hist(w->src, smmu, &live->hist))
			ret = report__add_syncs(r, smmu, &live->hist);
	if (!ret)
		ret = add_atc_invs(live);
	end_time_buckets(live, report__end_ns(r), true);
	drop_idle_time_buckets(r);
	if (!live->input) {
		if (!inventory__read(&now, "/sys"))
			report__end_devices(r, &now);
		inventory__free(&now);
	} else if (source__end_devices(w->src)) {
		report__end_devices(r, source__end_devices(w->src));
	}
	if (ret)
		log__error("what was counted cannot be read: %s", strerror(-ret));
	return ret ? EXIT_ENVIRONMENT : 0;
}

int live__run(struct live *live, uint64_t duration_ns, char **command, int *status)
{
	int ret = monitor__open_file(&live->w, live->input, NULL, on_phase, live);

	if (!ret)
		ret = start_live(live);
	if (!ret)
		ret = monitor__run(&live->w, duration_ns, command, status, &live->r.duration_ns);
	return ret ? ret : complete(live);
}

void live__free(struct live *live)
{
	report__free(&live->r);
	monitor__close(&live->w);
	free(live);
}
