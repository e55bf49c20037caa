// SPDX-License-Identifier: GPL-2.0-only
/* A recording as a source. It needs neither BPF nor an SMMU. */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/log.h"
#include "recording.h"
#include "source_internal.h"

/* The sizes in version 1 of each record */
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
	/* Modulo 2^64, so that any numbers are valid */
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
		rec->malformed++;
		return 0;
	}
	see(rec, time_ns);
	free(rec->hist[smmu]);
	rec->hist[smmu] = hist;
	return 0;
}

/* The first one is the description, the second its copy; the one at the end has the final devices */
static int on_meta(struct source *src, const struct atcq_rec_prefix *prefix)
{
	struct recording *rec = src->rec;
	struct meta meta;
	int ret;

	ret = meta__decode(prefix, &meta);
	if (ret) {
		meta__free(&meta);
		rec->malformed++;
		return ret == -ENOMEM ? ret : 0;
	}
	if (rec->has_meta) {
		meta__free(&rec->end_meta);
		rec->end_meta = meta;
		rec->has_end_meta = true;
		return 0;
	}
	/* The boot id comes from the block header, which is checked and the same in all blocks */
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

/* Reads the next block; 0, -ENODATA at the end, or -errno */
static int recording__advance(struct recording *rec)
{
	int ret = recording_reader__next(rec->reader, &rec->head, &rec->raw, &rec->gap);

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

/* Reads the description from the first block; its events are delivered later */
static int recording__describe(struct source *src)
{
	static const struct records_fn fns = { .event = pass_over, .other = on_other };
	uint64_t ignored = 0;
	int ret = records__each(src->rec->raw, src->rec->head->raw_size, &fns, src, &ignored);

	src->rec->malformed = 0;
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
	/* A gap at the very end needs no event: no event follows */
	if (!ret && rec->head && rec->gap)
		ret = source__emit_lost(src, 0, rec->last_ns,
					rec->head->first_ns ? rec->head->first_ns : rec->last_ns);
	if (!ret && rec->head)
		ret = records__each(rec->raw, rec->head->raw_size, &fns, src, &rec->unknown);
	rec->head = NULL;
	if (ret == -EBADMSG) {
		rec->malformed++;
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
	const struct recording_reader_status *st = recording_reader__status(rec->reader);
	uint64_t lost = rec->counters.lost_ringbuf + rec->counters.lost_other;

	/* The end marker also counts events that were not written */
	if (rec->end.prefix.size && rec->end.lost > lost)
		lost = rec->end.lost;
	*out = (struct source_counters){
		.events = src->events,
		.lost_ringbuf = rec->counters.lost_ringbuf,
		.lost_other = lost - rec->counters.lost_ringbuf + st->lost_events + rec->unknown +
			      rec->malformed,
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
	recording_reader__free(src->rec->reader);
	meta__free(&src->rec->end_meta);
	for (size_t i = 0; i < MAX_SMMUS; i++)
		free(src->rec->hist[i]);
	free(src->rec);
}

static const struct source_ops recorded_ops = {
	.poll = recorded_poll, .ended = recorded_ended, .counters = recorded_counters,
	.hist = recorded_hist, .destroy = recorded_destroy,
};

static int open_fd(const char *path, struct error *err)
{
	bool standard = !strcmp(path, "-");
	const char *name = standard ? "standard input" : path;
	int fd = standard ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3) : open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	int ret = -EINVAL;

	if (fd < 0) {
		ret = -errno;
		return error__set(err, ret, "%s: %s", name, strerror(errno));
	}
	if (fstat(fd, &st))
		ret = -errno;
	else if (S_ISDIR(st.st_mode))
		error__describe(err, "%s is a directory, not a recording", name);
	else if (isatty(fd))
		error__describe(err, "%s is a terminal; make a recording with 'atcq record -o FILE'", name);
	else
		return fd;
	close(fd);
	return ret;
}

/* The reason why a recording cannot be read */
static int refuse(const char *path, const struct recording_reader_status *st, struct error *err)
{
	if (!st->bytes)
		error__describe(err, "%s is empty: no block of a recording reached it", path);
	else if (st->newer_blocks)
		error__describe(err, "%s was written by a newer atcq (format %u, this one reads up to %u): use that one",
				path, st->newer_version, ATCQ_REC_VERSION);
	else if (st->magic)
		error__describe(err, "%s is a recording without a complete block: nothing in it can be read", path);
	else
		error__describe(err, "%s is not a recording of atcq", path);
	return -EINVAL;
}

static int start_reading(struct source *src, const char *path, struct error *err)
{
	struct recording *rec = src->rec;
	int ret = recording__advance(rec);

	if (ret == -ENODATA)
		return refuse(path, recording_reader__status(rec->reader), err);
	if (ret)
		return error__set(err, ret, "%s: %s", path, strerror(-ret));
	boot_id__format(rec->head->boot_id, src->meta.boot_id);
	/* If the description is lost, devices are not known, but any SMMU may be */
	snprintf(src->meta.kernel, sizeof(src->meta.kernel), "unknown");
	src->meta.inv.nsmmu = MAX_SMMUS;
	ret = recording__describe(src);
	if (ret)
		error__describe(err, "%s: %s", path, strerror(-ret));
	return ret;
}

int source__open_file(struct source **out, const char *path, struct error *err)
{
	struct source *src = calloc(1, sizeof(*src));
	int fd, ret = -ENOMEM;

	*out = NULL;
	error__describe(err, "%s: %s", path, strerror(ENOMEM));
	if (!src)
		return ret;
	src->ops = &recorded_ops;
	src->kind = SOURCE_UNKNOWN;
	src->rec = calloc(1, sizeof(*src->rec));
	if (!src->rec)
		goto free_source;
	fd = open_fd(path, err);
	ret = fd < 0 ? fd : recording_reader__open(&src->rec->reader, fd);
	if (!ret)
		ret = start_reading(src, path, err);
	if (!ret) {
		*out = src;
		return 0;
	}
free_source:
	source__free(src);
	return ret;
}

uint64_t source__span_ns(const struct source *src)
{
	const struct recording *rec = src->rec;
	uint64_t from;

	if (!rec)
		return 0;
	from = src->meta.start_ns ? src->meta.start_ns : rec->first_ns;
	return rec->last_ns > from ? rec->last_ns - from : 0;
}

uint64_t source__now_ns(const struct source *src)
{
	return src->rec ? src->rec->last_ns : clock__boottime_ns();
}

const struct inventory *source__end_devices(const struct source *src)
{
	return src->rec && src->rec->has_end_meta && src->rec->end.prefix.size ? &src->rec->end_meta.inv : NULL;
}

uint64_t source__realtime(const struct source *src, uint64_t boot_ns)
{
	const struct recording *rec = src->rec;
	size_t i = 0;

	if (!rec)
		return boot_ns + clock__wall_offset_ns();
	if (!rec->nclocks)
		return 0;
	while (i + 1 < rec->nclocks && rec->clock[i + 1].boot_ns <= boot_ns)
		i++;
	return boot_ns + rec->clock[i].offset;
}

static void add_complaint(char *text, size_t len, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
static void add_complaint(char *text, size_t len, const char *fmt, ...)
{
	size_t n = strlen(text);
	va_list ap;

	if (n && n < len)
		n += snprintf(text + n, len - n, "; ");
	va_start(ap, fmt);
	if (n < len)
		vsnprintf(text + n, len - n, fmt, ap);
	va_end(ap);
}

void source__complaint(const struct source *src, char *text, size_t len)
{
	const struct recording *rec = src->rec;
	const struct recording_reader_status *st;

	*text = '\0';
	if (!rec)
		return;
	st = recording_reader__status(rec->reader);
	if (!rec->end.prefix.size)
		add_complaint(text, len, "the recording is cut: it has no end marker");
	else if (rec->end.reason == ATCQ_REC_END_FULL)
		add_complaint(text, len, "the recording ends early: it could not be written any further");
	if (st->tail)
		add_complaint(text, len, "the last %llu bytes are no complete block", (unsigned long long)st->tail);
	if (st->lost_blocks || st->lost_events)
		add_complaint(text, len, "%llu block(s) are damaged or missing, %llu event(s) with them",
		    (unsigned long long)st->lost_blocks, (unsigned long long)st->lost_events);
	if (!rec->has_meta)
		add_complaint(text, len, "its description is damaged: kernel and devices are not known");
	if (rec->malformed)
		add_complaint(text, len, "%llu record(s) are malformed", (unsigned long long)rec->malformed);
	if (rec->unknown || st->newer_blocks)
		add_complaint(text, len, "%llu part(s) of it are from a newer atcq and were skipped",
		    (unsigned long long)(rec->unknown + st->newer_blocks));
	if (st->foreign_at)
		add_complaint(text, len, "another recording begins at byte %llu: 'tail -c +%llu' gets it",
		    (unsigned long long)st->foreign_at, (unsigned long long)st->foreign_at + 1);
}
