// SPDX-License-Identifier: GPL-2.0-only
/*
 * libFuzzer target: a recording of any bytes, through the source that reads it,
 * the order and the tracker to a report. Sums are not checked in this build.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "cmd/report.h"
#include "core/event.h"
#include "core/incident.h"
#include "lib/log.h"
#include "report/report.h"
#include "source/source.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct run {
	struct report report;
	struct order *order;
	struct tracker *tracker;
};

static void on_phase(void *ctx, const struct incident *inc, enum phase phase)
{
	struct run *r = ctx;

	if (phase == PHASE_MAX && inc->closed)
		report__add(&r->report, inc);
}

static int in_order(void *ctx, const struct atcq_event *ev)
{
	struct run *r = ctx;

	tracker__event(r->tracker, ev);
	return 0;
}

static int on_event(void *ctx, const struct atcq_event *ev)
{
	struct run *r = ctx;

	return order__push(r->order, ev);
}

static void replay(struct run *r, struct source *src)
{
	static struct atcq_hist hist;
	char text[512];

	while (!source__ended(src))
		if (source__poll(src, 0, on_event, r) < 0)
			break;
	order__until(r->order, UINT64_MAX);
	source__complaint(src, text, sizeof(text));
	source__counters(src, &r->report.counters);
	r->report.source = source__kind_name(source__kind(src));
	r->report.duration_ns = source__span_ns(src);
	r->report.totals = *tracker__totals(r->tracker);
	for (uint32_t smmu = 0; smmu < source__meta(src)->inv.nsmmu; smmu++)
		if (!source__hist(src, smmu, &hist))
			report__add_syncs(&r->report, smmu, &hist);
	for (size_t i = 0; i < tracker__open_count(r->tracker); i++)
		report__add(&r->report, tracker__open_at(r->tracker, i));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static int mem = -1;
	static FILE *sink;
	struct error err;
	char path[64];
	struct run r = { 0 };
	struct source *src;

	if (mem < 0) {
		mem = memfd_create("recording", MFD_CLOEXEC);
		sink = fopen("/dev/null", "we");
	}
	if (ftruncate(mem, 0) || pwrite(mem, data, size, 0) != (ssize_t)size)
		abort();
	snprintf(path, sizeof(path), "/proc/self/fd/%d", mem);
	if (source__open_file(&src, path, &err))
		return 0;
	r.tracker = tracker__new(on_phase, &r);
	r.order = order__new(in_order, &r);
	replay(&r, src);
	report__write(sink, &r.report, "text");
	report__write(sink, &r.report, "json");
	report__free(&r.report);
	order__free(r.order);
	tracker__free(r.tracker);
	source__free(src);
	return 0;
}
