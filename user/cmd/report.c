// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "core/event.h"
#include "lib/clock.h"
#include "lib/log.h"
#include "lib/process.h"
#include "report.h"
#include "report/report.h"
#include "service/history.h"

/* Name, writer, and whether it shows what happens over time */
#define FORMATS(X)				\
	X("text", report__text, false)		\
	X("json", report__json, false)		\
	X("csv", report__csv, false)		\
	X("html", report__html, true)		\
	X("perfetto", report__perfetto, true)

#define X(name, write, over_time) name,
const char *const report_format_names[] = { FORMATS(X) NULL };
#undef X

static const struct {
	int (*write)(FILE *out, struct report *r);
	bool over_time;
} formats[] = {
#define X(name, write, over_time) { write, over_time },
	FORMATS(X)
#undef X
};

static int find(const char *format)
{
	for (int i = 0; report_format_names[i]; i++)
		if (!strcmp(report_format_names[i], format))
			return i;
	return -EINVAL;
}

bool report__over_time(const char *format)
{
	int i = find(format);

	return i >= 0 && formats[i].over_time;
}

int report__write(FILE *out, struct report *r, const char *format)
{
	int i = find(format);

	report__settle(r);
	return i < 0 ? i : formats[i].write(out, r);
}

/* Is there an option that only a history can answer? */
static bool history_opts__any(const struct history_opts *o)
{
	return o->incident || o->since || o->device || o->state;
}

/* @bdf receives the address of --device, and must outlive @q */
static int make_query(const struct history_opts *o, struct query *q, char bdf[16])
{
	uint32_t segment, addr;

	if (o->incident && !query__is_id(o->incident)) {
		log__error("'%s' is no incident's id like 6f1c2d3e-0-200-1a2b3c4d5; a report without --incident lists them",
			   o->incident);
		return EXIT_USAGE;
	}
	if (o->device && bdf__parse(o->device, bdf, &segment, &addr)) {
		log__error("'%s' is not a PCI address like 0000:01:00.0", o->device);
		return EXIT_USAGE;
	}
	if (o->since && since__parse(o->since, clock__realtime_ns(), &q->since_utc_ns)) {
		log__error("--since %s: neither a time ago like 24h or 7d nor a past date like 2026-11-20 or 2026-11-20T14:30Z",
			   o->since);
		return EXIT_USAGE;
	}
	q->incident = o->incident;
	q->device = o->device ? bdf : NULL;
	q->state = o->state;
	return 0;
}

static int ask(sqlite3 *db, const struct history_opts *o, const struct query *q, struct report *r)
{
	struct error err = { "" };
	int ret = query__run(db, o->db, q, r, &err);

	if (ret == -ENOENT) {
		log__error("%s has no incident %s%s: it was never there, or is too old and deleted", o->db, o->incident,
			   o->since || o->device || o->state ? " that the other options let through" : "");
		return EXIT_NO_DATA;
	}
	if (ret) {
		log__error("%s", *err.text ? err.text : strerror(-ret));
		return EXIT_ENVIRONMENT;
	}
	if (*err.text)
		log__warn("%s: %s", o->incident, err.text);
	return 0;
}

/* 0, or an exit code after an error message; @over_time: the format has a time axis */
static int history__run(const struct history_opts *o, struct report *r, bool over_time)
{
	struct query q = { 0 };
	struct error err = { "" };
	char bdf[16];
	sqlite3 *db = NULL;
	int ret = make_query(o, &q, bdf);

	if (ret)
		return ret;
	ret = db__open_read(&db, o->db, &err);
	if (ret) {
		log__error("%s", *err.text ? err.text : strerror(-ret));
		return ret == -EINVAL || ret == -EPROTONOSUPPORT || ret == -ENOENT ? EXIT_USAGE : EXIT_ENVIRONMENT;
	}
	report__fill_command(r);
	ret = ask(db, o, &q, r);
	sqlite3_close(db);
	if (!ret && over_time && r->nboots > 1) {
		log__error("incidents of %zu boots have no clock in common for this format: choose by --since or --incident, or take text, json or csv",
			   r->nboots);
		return EXIT_USAGE;
	}
	return ret;
}

struct report_opts {
	uint64_t duration;
	const char *format;
	const char *output;
	bool check;
	const char *input;
	struct history_opts history;
};

static const struct report_opts report_defaults = { .format = "text" };

static const struct opt report_options[] = {
	{ "duration", 'd', OPT_DURATION, "TIME", "monitor this long (30s, 5m); without it and COMMAND: until Ctrl-C", offsetof(struct report_opts, duration), 1000000, 0, NULL, false },
	{ "format", 0, OPT_CHOICE, "FORMAT", "one of", offsetof(struct report_opts, format), 0, 0, report_format_names, false },
	{ "output", 'o', OPT_STRING, "FILE", "write the report to FILE", offsetof(struct report_opts, output), 0, 0, NULL, false },
	{ "check-invariants", 0, OPT_FLAG, NULL, "exit 1 if one was violated, 5 if they could not be checked", offsetof(struct report_opts, check), 0, 0, NULL, false },
	{ "input", 'i', OPT_STRING, "FILE", "report on a recording, '-' from standard input", offsetof(struct report_opts, input), 0, 0, NULL, false },
	{ "db", 0, OPT_STRING, "FILE", "report on the history that 'atcq daemon' keeps there", offsetof(struct report_opts, history.db), 0, 0, NULL, false },
	{ "incident", 0, OPT_STRING, "ID", "... on this incident, with its events", offsetof(struct report_opts, history.incident), 0, 0, NULL, false },
	{ "since", 0, OPT_STRING, "TIME", "... on what was open since then: 24h, 7d, 2026-11-20, 2026-11-20T14:30 (local, or UTC with a Z)", offsetof(struct report_opts, history.since), 0, 0, NULL, false },
	{ "device", 0, OPT_STRING, "BDF", "... on this PCI device", offsetof(struct report_opts, history.device), 0, 0, NULL, false },
	{ "state", 0, OPT_CHOICE, "STATE", "... on incidents in this state", offsetof(struct report_opts, history.state), 0, 0, incident_state_names, false },
	{ NULL, 0, 0, NULL, NULL, 0, 0, 0, NULL, false },
};

static int emit(struct report *r, const struct report_opts *o)
{
	const char *path = o->output;
	FILE *out = path ? fopen(path, "we") : stdout;
	int ret;

	if (!out) {
		log__error("%s: %s", path, strerror(errno));
		return EXIT_ENVIRONMENT;
	}
	errno = 0;
	ret = report__write(out, r, o->format);
	if (path && fclose(out) && !ret)
		ret = -errno;
	if (!ret)
		return 0;
	log__error("%s: %s: the report could not be written%s",
		   path ? path : "standard output", strerror(-ret),
		   ret == -ENOSPC ? " (free some space and run it again)" : "");
	return EXIT_ENVIRONMENT;
}

static int invariants_exit(const struct report *r)
{
	switch (report__verdict(r)) {
	case VERDICT_VIOLATED:
		return EXIT_BEHAVIOUR;
	case VERDICT_NOT_CHECKED:
		return EXIT_NO_DATA;
	default:
		return 0;
	}
}

static int do_report(const void *opts, int argc, char **argv, char **command)
{
	const struct report_opts *o = opts;
	struct live *live;
	int ret, status = 0;

	(void)argc, (void)argv;
	log__init(LOG_WARN, "report", !strcmp(o->format, "json"));
	if (o->duration && command) {
		log__error("--duration and a COMMAND exclude each other: the command's end is the end");
		return EXIT_USAGE;
	}
	if (o->input && (o->duration || command || o->history.db)) {
		log__error("--input and %s exclude each other: a recording is read to its end",
			   command ? "a COMMAND" : o->history.db ? "--db" : "--duration");
		return EXIT_USAGE;
	}
	if (!o->history.db && history_opts__any(&o->history)) {
		log__error("--incident, --since, --device and --state choose from a history: --db FILE is missing");
		return EXIT_USAGE;
	}
	if (o->history.db && (o->duration || command)) {
		log__error("--db and %s exclude each other: a history is of the past", command ? "a COMMAND" : "--duration");
		return EXIT_USAGE;
	}
	process__catch_signals();
	live = calloc(1, sizeof(*live));
	if (!live) {
		log__error("%s", strerror(ENOMEM));
		return EXIT_ENVIRONMENT;
	}
	live->input = o->input;
	live->over_time = report__over_time(o->format);
	if (o->history.db)
		ret = history__run(&o->history, &live->r, live->over_time);
	else
		ret = live__run(live, o->duration, command, &status);
	if (!ret)
		ret = emit(&live->r, o);
	if (!ret && o->check)
		ret = invariants_exit(&live->r);
	live__free(live);
	return ret ? ret : status;
}

const struct cmd cmd_report = {
	.usage.name = "report",
	.usage.summary = "statistics of the incidents in a period",
	.usage.args = "",
	.usage.about =
		"Monitors for a time, or while COMMAND runs, or reads a recording that 'atcq record'\n"
		"made, and then reports how many incidents there were and how long they took:\n"
		"detection (issued to detected), quarantine (raised to blocked), exposure\n"
		"(issued to blocked), fence (raised to fenced), reset, and recovery (raised to\n"
		"recovered). There is no p99 for fewer than 100 samples.\n"
		"Devices that were blocked before are shown, marked incomplete. Each incident lists\n"
		"which phases are unknown (this kernel does not report them, or events got lost),\n"
		"what AER, DPC and the slot reported about the device, and the time that others\n"
		"lost: what their CMD_SYNCs took beyond the mean of undelayed ones, if they waited\n"
		"for the incident's CMDQ errors and ended well. Then come the invariants\n"
		"of the quarantine, as far as events show them: what was violated, and by which\n"
		"device; an incident that is still open at the end is a violation, too.\n"
		"The exit status is that of COMMAND, unless atcq itself failed, or an invariant\n"
		"was violated and --check-invariants is given.\n"
		"\n"
		"With --db it reports on the history that 'atcq daemon' keeps, on any machine, also\n"
		"while the daemon writes and from a read-only copy. --incident shows one with its\n"
		"events, and ends with 5 if the history has none of that id. What is counted only\n"
		"while atcq monitors (CMD_SYNCs, events) is null there. --since goes by the wall\n"
		"clock as it was, or as it was set later in that boot. Incidents of several\n"
		"boots have no clock in common, which html and perfetto need: choose by --since.\n"
		"\n"
		"The format csv has a line of names, then a row an incident; fields are quoted as\n"
		"RFC 4180 asks for, lines end with a newline alone, and what is not known is\n"
		"empty. Columns: incident (its id), device, name, driver, smmu, stream_id, group,\n"
		"state; open, injected, incomplete, at_start (1 or 0; at_start: it was blocked\n"
		"before atcq started); raised_utc (wall clock); then for each phase\n"
		"PHASE_boottime_ns (CLOCK_BOOTTIME), for each latency LATENCY_ns; atc_timeouts,\n"
		"cmdq_errors, atc_invs_suppressed, resets_failed, kernel and boot_id.\n"
		"\n"
		"The format html is one file that needs no network and no script: incidents on a\n"
		"time line, the distribution of each latency, CMD_SYNC durations over time (at\n"
		"most 240 time buckets), devices, and the command line that made it, so do not pass\n"
		"secrets in COMMAND. It shows the last 1000 incidents.\n"
		"\n"
		"The format perfetto is JSON in Chrome's trace event format, for ui.perfetto.dev\n"
		"and its trace processor: an SMMU is a process, a device a thread, incidents and\n"
		"their phases are slices, and there are counters. Its structure is tested, but it\n"
		"was not opened in that UI.",
	.usage.opts = report_options,
	.usage.opts_size = sizeof(struct report_opts),
	.usage.defaults = &report_defaults,
	.usage.max_args = 0,
	.usage.trailing_command = true,
	.run = do_report,
};
