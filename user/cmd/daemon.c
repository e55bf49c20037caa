// SPDX-License-Identifier: GPL-2.0-only
#include <stddef.h>
#include <string.h>

#include "command.h"
#include "lib/log.h"
#include "service/daemon.h"
#include "service/journal.h"

#define SECOND_NS	1000000000ull

static const struct daemon_opts daemon_defaults = {
	.textfile_every_ns = 15 * SECOND_NS,
	.limits = { .age_ns = 90 * 86400 * SECOND_NS, .bytes = 1ull << 30, .reserve = 4 << 20 },
};

static const struct opt daemon_options[] = {
	{ "db", 0, OPT_STRING, "FILE", "keep the history in this SQLite database", offsetof(struct daemon_opts, db), 0, 0, NULL, false },
	{ "retain-age", 0, OPT_DURATION, "TIME", "delete incidents that ended longer ago (default 90d, 0s: never)", offsetof(struct daemon_opts, limits.age_ns), 0, INT64_MAX, NULL, false },
	{ "retain-size", 0, OPT_SIZE, "SIZE", "delete those that ended first when the database has more in use (default 1G, 0: never)", offsetof(struct daemon_opts, limits.bytes), 0, INT64_MAX, NULL, false },
	{ "reserve", 0, OPT_SIZE, "SIZE", "keep this much for a full disk, in the database and in its log (default 4M, 0: nothing)", offsetof(struct daemon_opts, limits.reserve), 0, 1 << 30, NULL, false },
	{ "textfile", 0, OPT_STRING, "FILE", "write the metrics here, for node_exporter's textfile collector (*.prom)", offsetof(struct daemon_opts, textfile), 0, 0, NULL, false },
	{ "every", 0, OPT_DURATION, "TIME", "... at this interval (default 15s)", offsetof(struct daemon_opts, textfile_every_ns), SECOND_NS, 3600 * SECOND_NS, NULL, false },
	{ "devices", 0, OPT_STRING, "GLOB", "only devices with a matching PCI address have their own series", offsetof(struct daemon_opts, devices), 0, 0, NULL, false },
	{ "input", 'i', OPT_STRING, "FILE", "replay a recording, at its own pace, instead of watching this machine", offsetof(struct daemon_opts, input), 0, 0, NULL, false },
	{ "listen", 0, OPT_LIST, "ADDRESS", "serve metrics and a page at [::1]:PORT or elsewhere; may be given several times", offsetof(struct daemon_opts, listen), 0, 0, NULL, false },
	{ "web.config.file", 0, OPT_STRING, "FILE", "TLS, users and headers, as Prometheus' exporters have them", offsetof(struct daemon_opts, web_config), 0, 0, NULL, false },
	{ NULL, 0, 0, NULL, NULL, 0, 0, 0, NULL, false },
};

static int do_daemon(const void *opts, int argc, char **argv, char **command)
{
	const struct daemon_opts *o = opts;

	(void)argc, (void)argv, (void)command;
	log__init(LOG_INFO, "daemon", false);
	if (o->web_config && !o->listen.n)
		log__error("--web.config.file configures the web server: it needs --listen, the address to serve at");
	else if (!o->db && !o->textfile && !o->listen.n)
		log__error("there is nothing to do without --db, --listen or --textfile");
	else if (o->db && o->input)
		log__error("--db keeps what happens to this machine: it cannot be combined with -i");
	else if (o->textfile && !textfile__name_is_good(o->textfile))
		log__error("--textfile %s: node_exporter reads only files whose name ends with .prom", o->textfile);
	else
		return daemon__run(o);
	return EXIT_USAGE;
}

const struct cmd cmd_daemon = {
	.usage.name = "daemon",
	.usage.summary = "keep the history of all incidents, and serve metrics to Prometheus",
	.usage.args = "",
	.usage.about =
		"Runs in the foreground, as service managers expect, until SIGTERM. At least one of\n"
		"--db, --listen and --textfile is needed.\n"
		"\n"
		"--db keeps each incident with the events around it (from 5 s before until 5 s after)\n"
		"in an SQLite database. 'atcq report --db FILE' reads it, also while the daemon runs.\n"
		"\n"
		"An incident is written when it starts and at each new phase, so neither a crash nor\n"
		"a power loss removes one that was seen. One that was open when the daemon ended\n"
		"continues if its device has been blocked ever since, marked incomplete; else its\n"
		"state is 'unknown', because its end was not seen.\n"
		"\n"
		"When the disk is full, the reserve is used. After that up to 4096 incidents wait\n"
		"in memory; what is lost beyond that is counted, and logged when there is space again.\n"
		"The reserve has no effect on a file system that never overwrites in place (btrfs, ZFS).\n"
		"An incident that the database refuses does not stop the others: it is logged\n"
		"and counted (atcq_history_incidents_refused_total).\n"
		"\n"
		"--retain-age counts from an incident's end, and only time that the machine ran or was\n"
		"suspended. The wall clock does not matter, so setting it deletes nothing. Time while\n"
		"the machine was off does not count, because it looks like a wrong clock. Incidents that\n"
		"an older atcq kept count from the upgrade. Neither limit deletes an incident that is\n"
		"open, or whose last events are still to be written. Deletions are logged and counted\n"
		"(atcq_history_deleted_total).\n"
		"\n"
		"Each incident that has ended is also written to the system's journal, with MESSAGE_ID\n"
		JOURNAL_INCIDENT " and fields ATCQ_INCIDENT, ATCQ_DEVICE,\n"
		"ATCQ_STATE, ATCQ_RECOVERY_DURATION_NS and more.\n"
		"\n"
		"--listen serves /metrics for Prometheus (text, OpenMetrics or protobuf, as requested),\n"
		"a page for people at /, /healthz and /readyz. ADDRESS is [::1]:9793, 127.0.0.1:9793,\n"
		"[::]:9793 (all addresses), unix:/run/atcq-web/s, or a port alone, which is one of this\n"
		"machine's loopback; port 0 takes a free port, which is logged. Requests cannot change\n"
		"anything. --web.config.file is read again on SIGHUP and when it or a file it names\n"
		"has changed; an invalid one is refused, and the last valid one stays in use.\n"
		"docs/web-config.md describes it.\n"
		"\n"
		"After startup the process gives up its capabilities and most system calls. To start,\n"
		"it needs CAP_BPF and CAP_PERFMON only.\n"
		"\n"
		"Metrics are in docs/metrics.md. A machine without an SMMUv3 also has metrics, but\n"
		"no device in them. FILE of --textfile is replaced as a whole, and deleted at the end.",
	.usage.opts = daemon_options,
	.usage.opts_size = sizeof(struct daemon_opts),
	.usage.defaults = &daemon_defaults,
	.usage.max_args = 0,
	.run = do_daemon,
};
