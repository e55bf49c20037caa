// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>

#include "lib/text.h"
#include "model.h"

#ifndef ATCQ_VERSION
#define ATCQ_VERSION "unknown"
#endif
#ifndef ATCQ_REVISION
#define ATCQ_REVISION ""
#endif

const char *const yes_no[2] = { "false", "true" };

static const struct {
	const char *name;
	int (*collect)(struct metrics *m);
} collectors[COLLECTORS] = {
	[COLLECT_BPF] = { "bpf", collect__bpf },
	[COLLECT_CMD_SYNC] = { "cmd_sync", collect__cmd_sync },
	[COLLECT_DEVICES] = { "devices", collect__devices },
	[COLLECT_FAULTS] = { "faults", collect__faults },
	[COLLECT_HISTORY] = { "history", collect__history },
	[COLLECT_PROCESS] = { "process", collect__process },
};

static int64_t clock_ns(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return ts.tv_sec * 1000000000ll + ts.tv_nsec;
}

int64_t metrics__realtime(const struct metrics *m)
{
	return m->cfg.realtime ? m->cfg.realtime() : clock_ns(CLOCK_REALTIME);
}

uint64_t metrics__boottime(const struct metrics *m)
{
	return m->cfg.boottime ? m->cfg.boottime() : (uint64_t)clock_ns(CLOCK_BOOTTIME);
}

int metrics__new(struct metrics **out, const struct metrics_config *cfg)
{
	struct metrics *m = *out = calloc(1, sizeof(*m));
	struct utsname un;

	if (!m)
		return -ENOMEM;
	m->cfg = *cfg;
	m->started_ns = metrics__realtime(m);
	m->reload = -1;
	if (!uname(&un))
		snprintf(m->kernel, sizeof(m->kernel), "%s", un.release);
	return 0;
}

static void free_smmu(struct msmmu *s)
{
	for (int l = 0; l < LAT_MAX; l++)
		for (int injected = 0; injected < 2; injected++)
			free(s->latency[l][injected].ex);
	free(s);
}

void metrics__free(struct metrics *m)
{
	if (!m)
		return;
	for (size_t i = 0; i < m->nsmmu; i++)
		free_smmu(m->smmu[i]);
	free(m->smmu);
	free(m->dev);
	free(m->open);
	free(m);
}

int metrics__begin(struct metrics *m, struct watch *w)
{
	const struct meta *meta = source__meta(w->src);
	uint64_t now = !source__recorded(w->src) ? metrics__boottime(m) :
		       meta->start_ns ? meta->start_ns : source__now_ns(w->src);
	int ret;

	m->w = w;
	/* A recording is told as if it happened now */
	m->wall_offset_ns = metrics__realtime(m) - (int64_t)now;
	if (*meta->kernel)
		snprintf(m->kernel, sizeof(m->kernel), "%s", meta->kernel);
	ret = smmus__begin(m);
	if (!ret)
		ret = collect__devices(m);
	for (size_t i = 0; !ret && i < tracker__open_count(w->tracker); i++)
		metrics__phase(m, tracker__open_at(w->tracker, i), PHASE_MAX);
	return ret == -ENOMEM ? ret : 0;
}

void metrics__collect(struct metrics *m)
{
	for (size_t i = 0; i < COLLECTORS; i++) {
		uint64_t begin = clock_ns(CLOCK_MONOTONIC);

		m->collector[i].ok = !collectors[i].collect(m);
		m->collector[i].seconds = (clock_ns(CLOCK_MONOTONIC) - begin) / 1e9;
	}
	incidents__collect(m);
}

int metrics__render(struct metrics *m, enum metrics_format f, struct buf *out)
{
	struct emit e = {
		.out = out, .ops = f == METRICS_PROTOBUF ? &emit_proto : &emit_text,
		.openmetrics = f == METRICS_OPENMETRICS,
	};

	metrics__collect(m);
	for (size_t i = 0; i < families_n; i++) {
		if (f == METRICS_TEXTFILE && family__is_process(&families[i]))
			continue;
		e.created_ns = m->started_ns;
		emit__family(&e, &families[i]);
		families[i].emit(m, &e);
		emit__end_family(&e);
	}
	if (e.ops->end)
		e.ops->end(&e);
	return out->failed ? -ENOMEM : 0;
}

void emit__family(struct emit *e, const struct family *f)
{
	e->f = f;
	e->open = false;
}

void emit__end_family(struct emit *e)
{
	if (e->open && e->ops->family_end)
		e->ops->family_end(e);
}

void emit__build_info(const struct metrics *m, struct emit *e)
{
	(void)m;
	emit__uint(e, 1, LABELS(ATCQ_VERSION, ATCQ_REVISION));
}

void emit__source_info(const struct metrics *m, struct emit *e)
{
	emit__uint(e, 1, LABELS(m->w ? source__kind_name(source__kind(m->w->src)) : "none", m->kernel));
}

void emit__collector_duration(const struct metrics *m, struct emit *e)
{
	for (size_t i = 0; i < COLLECTORS; i++)
		emit__double(e, m->collector[i].seconds, LABELS(collectors[i].name));
}

void emit__collector_success(const struct metrics *m, struct emit *e)
{
	for (size_t i = 0; i < COLLECTORS; i++)
		emit__uint(e, m->collector[i].ok, LABELS(collectors[i].name));
}
