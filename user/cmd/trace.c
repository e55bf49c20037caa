// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "command.h"
#include "lib/clock.h"
#include "lib/file.h"
#include "lib/log.h"
#include "lib/process.h"
#include "report/lines.h"
#include "source/monitor.h"

struct trace_opts {
	bool json, events;
	uint64_t duration;
	const char *device;
	const char *input;
};

static const struct opt trace_options[] = {
	{ "json", 0, OPT_FLAG, NULL, "JSON lines instead of text", offsetof(struct trace_opts, json), 0, 0, NULL, false },
	{ "events", 0, OPT_FLAG, NULL, "the raw events instead, as JSON lines", offsetof(struct trace_opts, events), 0, 0, NULL, false },
	{ "duration", 'd', OPT_DURATION, "TIME", "stop after this time (30s, 5m)", offsetof(struct trace_opts, duration), 1000000, 0, NULL, false },
	{ "device", 0, OPT_STRING, "BDF", "only this PCI device", offsetof(struct trace_opts, device), 0, 0, NULL, false },
	{ "input", 'i', OPT_STRING, "FILE", "read a recording instead, '-' from standard input", offsetof(struct trace_opts, input), 0, 0, NULL, false },
	{ NULL, 0, 0, NULL, NULL, 0, 0, 0, NULL, false },
};

struct trace_ctx {
	const struct trace_opts *o;
	const struct monitor *w;
	int err;
};

static void on_phase(void *ctx, const struct incident *inc, enum phase phase)
{
	struct trace_ctx *t = ctx;
	int ret;

	if (t->err || t->o->events)
		return;
	if (!t->o->json)
		ret = text__phase(stdout, inc, phase);
	else if (phase != PHASE_MAX)
		ret = json__line(stdout, json__phase(inc, phase, source__meta(t->w->src)->boot_id));
	else
		ret = json__line(stdout, json__incident(inc, source__meta(t->w->src)->boot_id));
	t->err = ret;
}

static void on_violation(void *ctx, const struct violation *v)
{
	struct trace_ctx *t = ctx;

	if (!t->err)
		t->err = t->o->json ? json__line(stdout, json__violation(v)) :
				      text__violation(stdout, v);
}

/* Skips events of other devices; the SMMU's own errors are printed */
static void on_event(void *ctx, const struct atcq_event *ev)
{
	struct trace_ctx *t = ctx;
	const struct device *d = t->w->only ? inventory__by_bdf(&t->w->inv, t->w->only) : NULL;

	if (d && ev->bdf != ATCQ_NONE && (ev->segment != d->segment || ev->bdf != d->addr))
		return;
	if (!t->err)
		t->err = json__line(stdout, json__event(ev));
}

static void summary(const struct monitor *w)
{
	const struct tracker_totals *tot = tracker__totals(w->tracker);
	struct source_counters c = { 0 };

	source__counters(w->src, &c);
	fprintf(stderr, "%llu incident(s), %zu open; %llu event(s), %llu lost\n",
		(unsigned long long)tot->incidents, tracker__open_count(w->tracker),
		(unsigned long long)c.events, (unsigned long long)(c.lost_ringbuf + c.lost_other));
}

static void greet(const struct monitor *w)
{
	const struct meta *m = source__meta(w->src);

	if (source__recorded(w->src))
		fprintf(stderr, "Recorded on %s, Linux %s, %zu device(s) behind %zu SMMUv3(s), source: %s.\n",
			*m->host ? m->host : "an unknown machine", m->kernel, w->inv.ndev,
			w->inv.nsmmu, source__kind_name(source__kind(w->src)));
	else
		fprintf(stderr, "Watching %zu device(s) behind %zu SMMUv3(s), source: %s. Ctrl-C ends it.\n",
			w->inv.ndev, w->inv.nsmmu, source__kind_name(source__kind(w->src)));
}

static int trace_events(struct monitor *w, const struct trace_ctx *t)
{
	uint64_t start = clock__boottime_ns(), limit = t->o->duration;
	int ret = 0;

	while (!ret && !t->err && !process__interrupted() && !monitor__ended(w) &&
	       (!limit || clock__boottime_ns() - start < limit))
		ret = monitor__poll(w, 100);
	if (!ret)
		ret = monitor__drain(w);
	if (ret)
		log__error("reading events: %s", strerror(-ret));
	return ret ? EXIT_ENVIRONMENT : 0;
}

static int do_trace(const void *opts, int argc, char **argv, char **command)
{
	const struct trace_opts *o = opts;
	struct monitor w;
	struct trace_ctx t = { .o = o, .w = &w };
	int ret;

	(void)argc, (void)argv, (void)command;
	log__init(LOG_WARN, "trace", o->json);
	if (o->duration && o->input) {
		log__error("--duration and --input exclude each other: a recording is read to its end");
		return EXIT_USAGE;
	}
	process__catch_signals();
	ret = monitor__open_file(&w, o->input, o->device, on_phase, &t);
	if (o->events)
		w.on_event = on_event;
	else
		w.violation = on_violation;
	if (!ret && !o->json)
		greet(&w);
	if (!ret)
		ret = trace_events(&w, &t);
	if (t.err == -EPIPE) {
		t.err = 0;	/* the reader has seen enough */
	} else if (t.err) {
		log__error("standard output: %s", strerror(-t.err));
		ret = EXIT_ENVIRONMENT;
	}
	if (!ret && !o->json)
		summary(&w);
	monitor__close(&w);
	return ret;
}

const struct cmd cmd_trace = {
	.usage.name = "trace",
	.usage.summary = "show incidents live or from a recording, one line a phase",
	.usage.args = "",
	.usage.about =
		"Each line has the device, the time since the first timestamp of its incident and\n"
		"the phase: issued, raised, detected, blocked, fenced, reset_begin, reset_end,\n"
		"recovered. Events of AER, DPC and slots (pciehp) get their own lines if they concern\n"
		"a device that has an incident. Devices that are blocked already are shown first.\n"
		"A kernel without patches/linux reports raised, the reset and recovered (a reset\n"
		"that succeeded); 'atcq doctor' shows what it reports. Violated invariants get\n"
		"lines, too ('atcq report' lists them all).",
	.usage.opts = trace_options,
	.usage.opts_size = sizeof(struct trace_opts),
	.usage.max_args = 0,
	.run = do_trace,
};
