// SPDX-License-Identifier: GPL-2.0-only
/* atcq record, and the file that a recording goes to: never one that is still needed. */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "command.h"
#include "lib/clock.h"
#include "lib/log.h"
#include "lib/process.h"
#include "source/monitor.h"
#include "source/recording.h"

struct record_file {
	const char *path;	/* for messages; borrowed */
	int fd;
	bool own;		/* an empty file, not a pipe or the like */
	bool created;		/* was not there before */
};

static int refuse(const char *what, const char *reason)
{
	log__error("%s %s", what, reason);
	return -EINVAL;
}

static int open_standard(void)
{
	int fd = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);

	if (fd < 0)
		log__error("standard output: %s", strerror(errno));
	else if (isatty(fd)) {
		close(fd);
		return refuse("standard output", "is a terminal, a recording is for machines to read: give a FILE");
	}
	return fd < 0 ? -errno : fd;
}

/* What is there already: overwritten if it was asked for, or if there is nothing to lose */
static int open_existing(const char *path, bool force)
{
	struct stat st;
	int fd;

	if (stat(path, &st))
		return -errno;
	if (S_ISDIR(st.st_mode))
		return refuse(path, "is a directory: name a file in it");
	if (S_ISREG(st.st_mode) && !force)
		return refuse(path, "exists: --force overwrites it, or give another name");
	fd = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY | (S_ISREG(st.st_mode) ? O_TRUNC : 0));
	if (fd < 0)
		return -errno;
	if (!isatty(fd))
		return fd;
	close(fd);
	return refuse(path, "is a terminal, a recording is for machines to read");
}

/* So that the name, too, survives a power loss */
static void sync_folder(const char *path)
{
	char *copy = strdup(path);
	int fd = copy ? open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;

	if (fd >= 0) {
		fsync(fd);
		close(fd);
	}
	free(copy);
}

/*
 * "-" is standard output. A file that exists is overwritten only with @force;
 * terminals and folders are refused. 0, or an exit code after an error message.
 */
static int record_file__open(struct record_file *f, const char *path, bool force)
{
	struct stat st;
	int fd;

	*f = (struct record_file){ .path = path, .fd = -1 };
	if (!strcmp(path, "-")) {
		f->path = "standard output";
		f->fd = open_standard();
		return f->fd == -EINVAL ? EXIT_USAGE : f->fd < 0 ? EXIT_ENVIRONMENT : 0;
	}
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	f->created = fd >= 0;
	if (fd < 0)
		fd = errno == EEXIST ? open_existing(path, force) : -errno;
	if (fd == -EINVAL)
		return EXIT_USAGE;
	if (fd < 0) {
		log__error("%s: %s%s", path, strerror(-fd),
			   fd == -ENOENT ? " (make the folder first)" : "");
		return EXIT_ENVIRONMENT;
	}
	f->fd = fd;
	f->own = !fstat(fd, &st) && S_ISREG(st.st_mode);
	if (f->created)
		sync_folder(path);
	return 0;
}

/* Nothing was recorded: closes it, and leaves nothing behind that was not there */
static void record_file__discard(struct record_file *f)
{
	if (f->fd >= 0)
		close(f->fd);
	f->fd = -1;
	if (f->created)
		unlink(f->path);
}

#define SECOND_NS	1000000000ull
#define IDLE_NS		(60 * SECOND_NS)	/* records the clocks at least this often */
#define GRACE_NS	(SECOND_NS / 5)		/* as monitor__run() has it */
#define MAX_SMMUS	64
/* 400,000 events: as long as a second of a busy CMDQ, or a disk that takes its time */
#define EVERY_SYNC_RING	(32u << 20)

struct record_opts {
	const char *output;
	bool force, every_sync;
	uint64_t duration;
};

static const struct opt record_options[] = {
	{ "output", 'o', OPT_STRING, "FILE", "record to FILE, '-' is standard output", offsetof(struct record_opts, output), 0, 0, NULL, true },
	{ "force", 'f', OPT_FLAG, NULL, "overwrite FILE if it exists", offsetof(struct record_opts, force), 0, 0, NULL, false },
	{ "every-sync", 0, OPT_FLAG, NULL, "each CMD_SYNC as an event, not only those that fail", offsetof(struct record_opts, every_sync), 0, 0, NULL, false },
	{ "duration", 'd', OPT_DURATION, "TIME", "record this long (30s, 5m); without it and COMMAND: until Ctrl-C", offsetof(struct record_opts, duration), 1000000, 0, NULL, false },
	{ NULL, 0, 0, NULL, NULL, 0, 0, 0, NULL, false },
};

struct recorder {
	struct source *src;
	struct recording_writer *writer;
	struct source_counters counters;
	uint64_t start_ns, state_ns;
	uint64_t hist_count[MAX_SMMUS];	/* as it was recorded last */
	struct atcq_hist hist;
	_Alignas(8) uint8_t hist_record[STATE_HIST_MAX];
};

static int on_event(void *ctx, const struct atcq_event *ev)
{
	struct recorder *r = ctx;

	return recording_writer__event(r->writer, ev);
}

static int put_counters(struct recorder *r, uint64_t now)
{
	const struct source_counters *c = &r->counters;
	struct atcq_rec_counters rec = {
		.prefix = { ATCQ_REC_RECORD_VERSION, ATCQ_REC_COUNTERS, sizeof(rec) },
		.time_ns = now, .events = c->events, .lost_ringbuf = c->lost_ringbuf,
		.lost_other = c->lost_other, .cmd_syncs = c->cmd_syncs,
		.cmd_sync_failures = c->cmd_sync_failures, .gerrors = c->gerrors,
		.cmdq_errors = c->cmdq_errors, .atc_invs = c->atc_invs,
		.atc_suppressed = c->atc_suppressed,
	};

	return recording_writer__record(r->writer, &rec.prefix);
}

static int put_hists(struct recorder *r, uint64_t now)
{
	size_t nsmmu = source__meta(r->src)->inv.nsmmu;
	int ret = 0;

	for (uint32_t smmu = 0; !ret && smmu < nsmmu && smmu < MAX_SMMUS; smmu++) {
		if (source__hist(r->src, smmu, &r->hist) || r->hist.count == r->hist_count[smmu])
			continue;
		r->hist_count[smmu] = r->hist.count;
		state__hist_encode(&r->hist, smmu, now, r->hist_record);
		ret = recording_writer__record(r->writer, (const void *)r->hist_record);
	}
	return ret;
}

/* Clocks and whatever was counted, if that has changed; ends the block in any case */
static int put_state(struct recorder *r, bool always)
{
	struct source_counters before = r->counters;
	struct atcq_rec_clock clock;
	int ret = source__counters(r->src, &r->counters);

	state__clock(&clock);
	if (!ret && (always || clock.boottime_ns - r->state_ns >= IDLE_NS ||
		     memcmp(&before, &r->counters, sizeof(before)))) {
		r->state_ns = clock.boottime_ns;
		ret = recording_writer__record(r->writer, &clock.prefix);
		if (!ret)
			ret = put_counters(r, clock.boottime_ns);
		if (!ret)
			ret = put_hists(r, clock.boottime_ns);
	}
	return ret ? ret : recording_writer__flush(r->writer);
}

/* Twice, in a block each: damage to one of them costs nothing */
static int put_meta(struct recorder *r)
{
	struct atcq_rec_prefix *meta = meta__encode(source__meta(r->src));
	int ret = meta ? 0 : -ENOMEM;

	for (int i = 0; !ret && i < 2; i++) {
		ret = recording_writer__record(r->writer, meta);
		if (!ret)
			ret = put_state(r, true);
	}
	free(meta);
	return ret;
}

/* Once more at the end, with the devices as they are then */
static int put_end_meta(struct recorder *r)
{
	struct meta meta = *source__meta(r->src);
	struct atcq_rec_prefix *rec = NULL;
	int ret = inventory__read(&meta.inv, "/sys");

	if (!ret)
		rec = meta__encode(&meta);
	inventory__free(&meta.inv);
	if (rec)
		ret = recording_writer__record(r->writer, rec);
	free(rec);
	return ret;
}

static int drain(struct recorder *r, int timeout_ms)
{
	int ret = source__poll(r->src, timeout_ms, on_event, r);

	return ret >= 0 || ret == -EINTR ? 0 : ret;
}

/* Until there is a reason to end; 0 or -errno of the source or the file */
static int record_events(struct recorder *r, uint64_t duration, pid_t pid, int *status, uint32_t *reason)
{
	uint64_t tick = r->start_ns, now;
	bool signalled = false;
	int ret = 0;

	while (!ret) {
		ret = drain(r, 50);
		now = clock__boottime_ns();
		if (!ret && now - tick >= SECOND_NS) {
			tick = now;
			ret = put_state(r, false);
		}
		*reason = ATCQ_REC_END_COMMAND;
		if (pid && process__exited(pid, status))
			break;
		if (pid && process__interrupted() && !signalled) {
			kill(pid, SIGTERM);
			signalled = true;
		}
		*reason = ATCQ_REC_END_SIGNAL;
		if (!pid && process__interrupted())
			break;
		*reason = ATCQ_REC_END_DURATION;
		if (duration && now - r->start_ns >= duration)
			break;
	}
	/* What the command did last is still on its way */
	for (uint64_t end = clock__boottime_ns() + GRACE_NS; !ret && pid && clock__boottime_ns() < end;)
		ret = drain(r, 50);
	return ret ? ret : drain(r, 0);
}

/* A COMMAND continues even if its recording failed */
static int await(pid_t pid, int *status)
{
	bool signalled = false;

	while (!process__exited(pid, status)) {
		if (process__interrupted() && !signalled) {
			kill(pid, SIGTERM);
			signalled = true;
		}
		usleep(50000);
	}
	return 0;
}

static void summary(const struct recorder *r, const char *path, uint64_t took,
		    const struct recording_totals *t)
{
	fprintf(stderr, "%s: %llu event(s), %llu lost, %.1f KiB in %llu block(s), %.3f s\n", path,
		(unsigned long long)t->events,
		(unsigned long long)(r->counters.lost_ringbuf + r->counters.lost_other),
		t->bytes / 1024.0, (unsigned long long)t->blocks, took / 1e9);
}

/* Ends the recording; 0 or an exit code after an error message */
static int finish(struct recorder *r, const char *path, int ret, uint32_t reason, int status)
{
	struct atcq_rec_end end = { .reason = reason, .status = status };
	struct recording_totals totals;
	int closed;

	if (ret)
		end.reason = ATCQ_REC_END_SOURCE;
	else
		ret = put_state(r, true);
	/* That is the end: what happens while sysfs is read is not in the recording */
	end.time_ns = ret ? clock__boottime_ns() : r->state_ns;
	if (!ret)
		ret = put_end_meta(r);
	end.lost = r->counters.lost_ringbuf + r->counters.lost_other;
	closed = recording_writer__close(r->writer, &end, &totals);
	if (closed)
		log__error("%s: %s: the recording ends here, %llu event(s) are complete", path,
			   strerror(-closed), (unsigned long long)totals.events);
	else if (ret)
		log__error("reading events: %s", strerror(-ret));
	summary(r, path, end.time_ns - r->start_ns, &totals);
	return closed || ret ? EXIT_ENVIRONMENT : 0;
}

static int record(struct recorder *r, struct record_file *file, const struct record_opts *o,
		  char **command)
{
	uint32_t reason = ATCQ_REC_END_SIGNAL;
	uint8_t boot_id[16] = { 0 };
	const struct meta *meta = source__meta(r->src);
	pid_t pid = 0;
	int ret, status = 0, code;

	boot_id__parse(meta->boot_id, boot_id);
	ret = recording_writer__open(&r->writer, file->fd, boot_id, file->own);
	file->fd = -1;
	if (ret) {
		log__error("%s: %s", file->path, strerror(-ret));
		return EXIT_ENVIRONMENT;
	}
	r->start_ns = meta->start_ns;
	fprintf(stderr, "Recording %zu device(s) behind %zu SMMUv3(s) to %s, source: %s.%s\n",
		meta->inv.ndev, meta->inv.nsmmu, file->path, meta->source,
		command ? "" : " Ctrl-C ends it.");
	ret = put_meta(r);
	if (command)
		pid = process__spawn(command);
	if (pid < 0) {
		log__error("%s: %s", command[0], strerror(-pid));
		finish(r, file->path, 0, ATCQ_REC_END_COMMAND, 126);
		return EXIT_ENVIRONMENT;
	}
	if (!ret)
		ret = record_events(r, o->duration, pid, &status, &reason);
	code = finish(r, file->path, ret, reason, status);
	if (ret && pid)
		await(pid, &status);
	return code ? code : status;
}

static int do_record(const void *opts, int argc, char **argv, char **command)
{
	const struct record_opts *o = opts;
	const struct source_opts so = {
		.every_sync = o->every_sync, .ring_bytes = o->every_sync ? EVERY_SYNC_RING : 0,
	};
	struct record_file file;
	struct recorder *r;
	int ret;

	(void)argc, (void)argv;
	log__init(LOG_WARN, "record", false);
	if (o->duration && command) {
		log__error("--duration and a COMMAND exclude each other: the command's end is the end");
		return EXIT_USAGE;
	}
	ret = record_file__open(&file, o->output, o->force);
	if (ret)
		return ret;
	process__catch_signals();
	r = calloc(1, sizeof(*r));
	ret = r ? monitor__open_source(&r->src, &so) : EXIT_ENVIRONMENT;
	if (ret)
		record_file__discard(&file);
	else
		ret = record(r, &file, o, command);
	if (r)
		source__free(r->src);
	free(r);
	return ret;
}

const struct cmd cmd_record = {
	.usage.name = "record",
	.usage.summary = "record all events in a file, for later analysis",
	.usage.args = "",
	.usage.about =
		"Records for a time, while COMMAND runs, or until Ctrl-C. 'atcq trace -i FILE' and\n"
		"'atcq report -i FILE' read it, on any machine. Events are written to\n"
		"the disk at least once a second, so that a crash, a power loss or a full disk loses\n"
		"no more than that. FILE is not overwritten without --force. If it cannot be written\n"
		"any further, the recording ends, COMMAND continues, and the exit status is 3;\n"
		"otherwise the exit status is that of COMMAND.",
	.usage.opts = record_options,
	.usage.opts_size = sizeof(struct record_opts),
	.usage.max_args = 0,
	.usage.trailing_command = true,
	.run = do_record,
};
