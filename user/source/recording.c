// SPDX-License-Identifier: GPL-2.0-only
/* A recording as a source. It needs neither BPF nor an SMMU. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "record/records.h"
#include "record/state.h"
#include "recording.h"

/* What version 1 of each record had */
#define CLOCK_LEAST	32
#define COUNTERS_LEAST	88
#define END_LEAST	40

static void see(struct recording *rec, uint64_t time_ns)
{
	if (!rec->first_ns)
		rec->first_ns = time_ns;
	if (time_ns > rec->last_ns)
		rec->last_ns = time_ns;
}

static void on_clock(struct recording *rec, const struct atcq_rec_clock *c)
{
	/* Modulo 2^64, so that any numbers will do */
	uint64_t offset = c->realtime_ns - c->boottime_ns;
	uint64_t step = rec->nclocks ? offset - rec->clock[rec->nclocks - 1].offset : UINT64_MAX / 2;

	see(rec, c->boottime_ns);
	if (rec->nclocks == MAX_CLOCKS || step + CLOCK_STEP_NS < 2 * CLOCK_STEP_NS)
		return;
	rec->clock[rec->nclocks++] = (struct clock_pair){ c->boottime_ns, offset };
}

static int on_hist(struct recording *rec, const struct atcq_rec_prefix *prefix)
{
	struct atcq_hist *hist = malloc(sizeof(*hist));
	uint64_t time_ns;
	uint32_t smmu;

	if (!hist)
		return -ENOMEM;
	if (!state__hist_decode(prefix, hist, &smmu, &time_ns) || smmu >= MAX_SMMUS) {
		free(hist);
		rec->nonsense++;
		return 0;
	}
	see(rec, time_ns);
	free(rec->hist[smmu]);
	rec->hist[smmu] = hist;
	return 0;
}

/* The first one describes, the second is its copy; the one at the end has the devices of then */
static int on_meta(struct source *src, const struct atcq_rec_prefix *prefix)
{
	struct recording *rec = src->rec;
	struct meta meta;
	int ret;

	ret = meta__decode(prefix, &meta);
	if (ret) {
		meta__free(&meta);
		rec->nonsense++;
		return ret == -ENOMEM ? ret : 0;
	}
	if (rec->has_meta) {
		meta__free(&rec->end_meta);
		rec->end_meta = meta;
		rec->has_end_meta = true;
		return 0;
	}
	/* The boot is what the block says: checked, and the same in all of them */
	snprintf(meta.boot_id, sizeof(meta.boot_id), "%s", src->meta.boot_id);
	meta__free(&src->meta);
	src->meta = meta;
	for (int kind = 0; kind < SOURCE_UNKNOWN; kind++)
		if (!strcmp(meta.source, source__kind_name(kind)))
			src->kind = kind;
	rec->has_meta = true;
	return 0;
}

static int on_other(void *ctx, const struct atcq_rec_prefix *prefix)
{
	struct source *src = ctx;
	struct recording *rec = src->rec;
	struct atcq_rec_clock clock;

	if (prefix->type == ATCQ_REC_META)
		return on_meta(src, prefix);
	if (prefix->type == ATCQ_REC_HIST)
		return on_hist(rec, prefix);
	if (record__get(prefix, ATCQ_REC_CLOCK, &clock, sizeof(clock), CLOCK_LEAST))
		on_clock(rec, &clock);
	else if (record__get(prefix, ATCQ_REC_COUNTERS, &rec->counters, sizeof(rec->counters),
			     COUNTERS_LEAST))
		see(rec, rec->counters.time_ns);
	else if (record__get(prefix, ATCQ_REC_END, &rec->end, sizeof(rec->end), END_LEAST))
		see(rec, rec->end.time_ns);
	return 0;
}

static int on_event(void *ctx, const struct atcq_event *ev)
{
	struct source *src = ctx;

	see(src->rec, ev->time_ns);
	return source__emit(src, ev);
}

int recording__advance(struct recording *rec)
{
	int ret = reader__next(rec->reader, &rec->head, &rec->raw, &rec->gap);

	if (ret)
		rec->head = NULL;
	if (ret == -ENODATA)
		rec->over = true;
	return ret;
}

static int pass_over(void *ctx, const struct atcq_event *ev)
{
	(void)ctx, (void)ev;
	return 0;
}

int recording__look(struct source *src)
{
	static const struct records_fn fns = { .event = pass_over, .other = on_other };
	uint64_t ignored = 0;
	int ret = records__each(src->rec->raw, src->rec->head->raw_size, &fns, src, &ignored);

	src->rec->nonsense = 0;
	return ret == -EBADMSG ? 0 : ret;
}

static int recorded_poll(struct source *src, int timeout_ms)
{
	static const struct records_fn fns = { .event = on_event, .other = on_other };
	struct recording *rec = src->rec;
	uint64_t before = src->events;
	int ret;

	(void)timeout_ms;
	ret = rec->over || rec->head ? 0 : recording__advance(rec);
	/* Behind a gap at the very end nothing comes that could be mistaken */
	if (!ret && rec->head && rec->gap)
		ret = source__emit_lost(src, 0, rec->last_ns,
					rec->head->first_ns ? rec->head->first_ns : rec->last_ns);
	if (!ret && rec->head)
		ret = records__each(rec->raw, rec->head->raw_size, &fns, src, &rec->unknown);
	rec->head = NULL;
	if (ret == -EBADMSG) {
		rec->nonsense++;
		ret = 0;
	}
	if (ret && ret != -ENODATA)
		return ret;
	return src->events - before > INT32_MAX ? INT32_MAX : (int)(src->events - before);
}

static bool recorded_ended(const struct source *src)
{
	return src->rec->over;
}

static int recorded_counters(const struct source *src, struct source_counters *out)
{
	const struct recording *rec = src->rec;
	const struct reader_status *st = reader__status(rec->reader);
	uint64_t lost = rec->counters.lost_ringbuf + rec->counters.lost_other;

	/* The end marker also knows what never reached the file */
	if (rec->end.prefix.size && rec->end.lost > lost)
		lost = rec->end.lost;
	*out = (struct source_counters){
		.events = src->events,
		.lost_ringbuf = rec->counters.lost_ringbuf,
		.lost_other = lost - rec->counters.lost_ringbuf + st->lost_events + rec->unknown +
			      rec->nonsense,
		.cmd_syncs = rec->counters.cmd_syncs,
		.cmd_sync_failures = rec->counters.cmd_sync_failures,
		.gerrors = rec->counters.gerrors,
		.cmdq_errors = rec->counters.cmdq_errors,
		.atc_invs = rec->counters.atc_invs,
		.atc_suppressed = rec->counters.atc_suppressed,
	};
	return 0;
}

static int recorded_hist(const struct source *src, uint32_t smmu, struct atcq_hist *out)
{
	if (smmu >= MAX_SMMUS || !src->rec->hist[smmu] || !src->rec->hist[smmu]->count)
		return -ENOENT;
	*out = *src->rec->hist[smmu];
	return 0;
}

static void recorded_destroy(struct source *src)
{
	if (!src->rec)
		return;
	reader__free(src->rec->reader);
	meta__free(&src->rec->end_meta);
	for (size_t i = 0; i < MAX_SMMUS; i++)
		free(src->rec->hist[i]);
	free(src->rec);
}

const struct source_ops recorded_ops = {
	.poll = recorded_poll, .ended = recorded_ended, .counters = recorded_counters,
	.hist = recorded_hist, .destroy = recorded_destroy,
};
