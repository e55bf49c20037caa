// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "cmd.h"
#include "log.h"
#include "report_history.h"
#include "report_live.h"

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
	{ "duration", 'd', OPT_DURATION, "TIME", "watch this long (30s, 5m); without it and COMMAND: until Ctrl-C", offsetof(struct report_opts, duration), 1000000, 0, NULL, false },
	{ "format", 0, OPT_CHOICE, "FORMAT", "one of", offsetof(struct report_opts, format), 0, 0, report_form_names, false },
	{ "output", 'o', OPT_STRING, "FILE", "write the report to FILE", offsetof(struct report_opts, output), 0, 0, NULL, false },
	{ "check-invariants", 0, OPT_FLAG, NULL, "exit 1 if one was violated, 5 if they could not be judged", offsetof(struct report_opts, check), 0, 0, NULL, false },
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
	FILE *out = o->output ? fopen(o->output, "we") : stdout;
	int ret;

	if (!out) {
		log__error("%s: %s", o->output, strerror(errno));
		return EXIT_ENVIRONMENT;
	}
	errno = 0;
	ret = report__write(out, r, o->format);
	if (o->output && fclose(out) && !ret)
		ret = -errno;
	if (!ret)
		return 0;
	log__error("%s: %s: the report could not be written%s",
		   o->output ? o->output : "standard output", strerror(-ret),
		   ret == -ENOSPC ? " (make room and run it again)" : "");
	return EXIT_ENVIRONMENT;
}

static int invariants_exit(const struct report *r)
{
	switch (report__verdict(r)) {
	case VERDICT_VIOLATED:
		return EXIT_BEHAVIOUR;
	case VERDICT_NOT_JUDGED:
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
	stop__install();
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
	.name = "report",
	.summary = "statistics of what happened meanwhile",
	.args = "",
	.about =
		"Watches for a time, or while COMMAND runs, or reads a recording that 'atcq record'\n"
		"made, and then tells how many incidents\n"
		"there were and how long they took: detection (issued to detected), quarantine\n"
		"(raised to blocked), exposure (issued to blocked), fence (raised to fenced),\n"
		"reset, and recovery (raised to recovered). Fewer than 100 samples give no p99.\n"
		"Devices that were blocked before are shown, marked incomplete. Each incident says\n"
		"which phases are unknown (this kernel does not tell, or events got lost), what\n"
		"AER, DPC and the slot said of the device, and the time that others lost: what\n"
		"their CMD_SYNCs took beyond the mean of those that nothing held up, if they\n"
		"waited for the incident's CMDQ errors and ended well. Then come the invariants\n"
		"of the quarantine, as far as events show them: what was violated, and by which\n"
		"device; an incident that is still open at the end is a violation, too.\n"
		"The exit status is that of COMMAND, unless atcq itself failed, or an invariant\n"
		"was violated and --check-invariants is given.\n"
		"\n"
		"With --db it reports on the history that 'atcq daemon' keeps, on any machine, also\n"
		"while the daemon writes and from a read-only copy. --incident shows one with its\n"
		"events, and ends with 5 if the history has none of that id. What is counted only\n"
		"while somebody watches (CMD_SYNCs, events) is null there. --since goes by the wall\n"
		"clock as it was, or as it was set later in that boot. Incidents of several\n"
		"boots have no clock in common, which html and perfetto need: choose by --since.\n"
		"\n"
		"The format csv has a line of names, then a row an incident; fields are quoted as\n"
		"RFC 4180 asks for, lines end with a newline alone, and what is not known is\n"
		"empty. Columns: incident (its id), device, name, driver, smmu, stream_id, group,\n"
		"state; open, injected, incomplete, at_start (1 or 0; at_start: it was blocked\n"
		"before atcq began); raised_utc (wall clock); then for each phase\n"
		"PHASE_boottime_ns (CLOCK_BOOTTIME), for each latency LATENCY_ns; atc_timeouts,\n"
		"cmdq_errors, atc_invs_suppressed, resets_failed, kernel and boot_id.\n"
		"\n"
		"The format html is one file that needs no network and no script: incidents on a\n"
		"time line, the distribution of each latency, CMD_SYNC durations over time (at\n"
		"most 240 slices), devices, and the command line that made it, so do not pass\n"
		"secrets in COMMAND. It shows the last 1000 incidents.\n"
		"\n"
		"The format perfetto is JSON in Chrome's trace event format, for ui.perfetto.dev\n"
		"and its trace processor: a process an SMMU, a thread a device, incidents and\n"
		"their phases as slices, and counters. Its structure is tested, but it was not\n"
		"opened in that UI.",
	.opts = report_options,
	.opts_size = sizeof(struct report_opts),
	.defaults = &report_defaults,
	.max_args = 0,
	.trailing_command = true,
	.run = do_report,
};
