// SPDX-License-Identifier: GPL-2.0-only
/* The interface of all sources; live.c, bpf.c and replay.c implement it. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "source_internal.h"

static const char *const kinds[] = {
	[SOURCE_TRACE] = "tracepoints", [SOURCE_STOCK] = "stock",
	[SOURCE_UNKNOWN] = "unknown",
};

const char *source__kind_name(enum source_kind kind)
{
	return kinds[kind];
}

enum source_kind source__kind(const struct source *src)
{
	return src->kind;
}

const struct meta *source__meta(const struct source *src)
{
	return &src->meta;
}

uint32_t source__phases(const struct source *src)
{
	return src->meta.phases;
}

int source__atc_invs(struct source *src, source_atc_fn fn, void *ctx)
{
	return src->atc_invs ? src->atc_invs(src, fn, ctx) : -EOPNOTSUPP;
}

bool source__counts_atc_invs(const struct source *src)
{
	return src->atc_invs;
}

void source__programs(const struct source *src, source_program_fn fn, void *ctx)
{
	if (src->ops->programs)
		src->ops->programs(src, fn, ctx);
}

int source__fd(const struct source *src)
{
	return src->ops->fd ? src->ops->fd(src) : -1;
}

int source__poll(struct source *src, int timeout_ms, source_event_fn fn, void *ctx)
{
	int ret;

	src->fn = fn;
	src->ctx = ctx;
	src->fn_ret = 0;
	ret = src->ops->poll(src, timeout_ms);
	return src->fn_ret < 0 ? src->fn_ret : ret;
}

bool source__recorded(const struct source *src)
{
	return src->rec;
}

bool source__ended(const struct source *src)
{
	return src->ops->ended && src->ops->ended(src);
}

uint64_t source__lost(const struct source *src)
{
	struct source_counters c = { 0 };

	if (src->ops->lost)
		return src->ops->lost(src);
	/* What cannot be read may be anything */
	return source__counters(src, &c) ? UINT64_MAX : c.lost_ringbuf + c.lost_other;
}

int source__losses(const struct source *src, uint64_t *ringbuf, uint64_t *other)
{
	struct source_counters c;
	uint64_t lost;
	int ret;

	if (src->ops->lost) {
		lost = src->ops->lost(src);
		*other = src->malformed;
		*ringbuf = lost - src->malformed;
		return lost == UINT64_MAX ? -EIO : 0;
	}
	ret = source__counters(src, &c);
	*ringbuf = c.lost_ringbuf;
	*other = c.lost_other;
	return ret;
}

int source__counters(const struct source *src, struct source_counters *out)
{
	memset(out, 0, sizeof(*out));
	return src->ops->counters(src, out);
}

int source__hist(const struct source *src, uint32_t smmu, struct atcq_hist *out)
{
	return src->ops->hist(src, smmu, out);
}

void source__free(struct source *src)
{
	if (!src)
		return;
	if (src->ops && src->ops->destroy)
		src->ops->destroy(src);
	meta__free(&src->meta);
	free(src);
}

int source__emit(struct source *src, const struct atcq_event *ev)
{
	src->events += ev->type != ATCQ_EV_LOST;
	if (src->fn)
		src->fn_ret = src->fn(src->ctx, ev);
	return src->fn_ret;
}

int source__emit_lost(struct source *src, uint64_t count, uint64_t from_ns, uint64_t to_ns)
{
	struct atcq_event ev = {
		.version = ATCQ_EVENT_VERSION, .type = ATCQ_EV_LOST, .size = sizeof(ev),
		.time_ns = to_ns, .duration_ns = to_ns > from_ns ? to_ns - from_ns : 0,
		.cpu = ATCQ_NONE, .smmu = ATCQ_NONE, .sid = ATCQ_NONE, .ssid = ATCQ_NONE,
		.prod = ATCQ_NONE, .segment = ATCQ_NONE, .bdf = ATCQ_NONE,
		.count = count < ATCQ_NONE ? count : ATCQ_NONE,
	};

	return source__emit(src, &ev);
}
