// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cmd.h"
#include "log.h"
#include "report.h"

/* Events of what the command did last are still on their way when it ends */
#define GRACE_MS 200

struct report_opts {
	uint64_t duration;
	const char *format;
	const char *output;
};

static const struct report_opts report_defaults = { .format = "text" };
static const char *const formats[] = { "text", "json", NULL };

static const struct opt report_options[] = {
	{ "duration", 'd', OPT_DURATION, "TIME", "watch this long (30s, 5m); without it and COMMAND: until Ctrl-C", offsetof(struct report_opts, duration), 1000000, 0, NULL, false },
	{ "format", 0, OPT_CHOICE, "FORMAT", "one of", offsetof(struct report_opts, format), 0, 0, formats, false },
	{ "output", 'o', OPT_STRING, "FILE", "write the report to FILE", offsetof(struct report_opts, output), 0, 0, NULL, false },
	{ NULL, 0, 0, NULL, NULL, 0, 0, 0, NULL, false },
};

static void keep(struct report *r, const struct incident *inc)
{
	if (r->n == r->room) {
		size_t room = r->room ? r->room * 2 : 32;
		struct incident *grown = realloc(r->incidents, room * sizeof(*grown));

		if (!grown) {
			r->dropped++;
			return;
		}
		r->incidents = grown;
		r->room = room;
	}
	r->incidents[r->n++] = *inc;
}

static void add_samples(struct report *r, const struct incident *inc)
{
	uint64_t ns;

	for (int l = 0; l < LAT_MAX; l++)
		if (incident__latency(inc, l, &ns) && samples__add(&r->latency[l], ns))
			r->dropped++;
	if (!inc->at_start && samples__add(&r->errors, inc->cmdq_errors))
		r->dropped++;
	keep(r, inc);
}

static void on_phase(void *ctx, const struct incident *inc, enum phase phase)
{
	if (phase == PHASE_MAX && inc->closed)
		add_samples(ctx, inc);
}

/* Runs COMMAND; its pid or -errno.  It gets the signals that we would get */
static pid_t spawn(char **command)
{
	pid_t pid = fork();

	if (pid)
		return pid < 0 ? -errno : pid;
	signal(SIGPIPE, SIG_DFL);
	execvp(command[0], command);
	log__error("%s: %s", command[0], strerror(errno));
	_exit(errno == ENOENT ? 127 : 126);
}

/* 0 while it runs; then its status in @status, as a shell has it */
static bool ended(pid_t pid, int *status)
{
	int s;

	if (waitpid(pid, &s, WNOHANG) != pid)
		return false;
	*status = WIFEXITED(s) ? WEXITSTATUS(s) : 128 + WTERMSIG(s);
	return true;
}

/* Watches until the time is over, the command has ended, or a signal comes */
static int watch(struct report *r, const struct report_opts *o, char **command, int *status)
{
	uint64_t start = watch__now_ns(), end = o->duration ? start + o->duration : 0;
	pid_t pid = command ? spawn(command) : 0;
	bool told = false;
	int ret = 0;

	if (pid < 0) {
		log__error("%s: %s", command[0], strerror(-pid));
		return EXIT_ENVIRONMENT;
	}
	while (!ret) {
		ret = watch__poll(&r->watch, 50);
		if (pid && ended(pid, status))
			break;
		if (pid && stop__requested() && !told) {
			kill(pid, SIGTERM);
			told = true;
		}
		if (!pid && (stop__requested() || (end && watch__now_ns() >= end)))
			break;
	}
	if (!ret)
		ret = watch__poll(&r->watch, GRACE_MS);
	if (!ret)
		ret = watch__poll(&r->watch, 0);
	r->duration_ns = watch__now_ns() - start;
	if (ret)
		log__error("reading events: %s", strerror(-ret));
	return ret ? EXIT_ENVIRONMENT : 0;
}

static int emit(struct report *r, const struct report_opts *o)
{
	FILE *out = o->output ? fopen(o->output, "we") : stdout;
	int ret;

	if (!out) {
		log__error("%s: %s", o->output, strerror(errno));
		return EXIT_ENVIRONMENT;
	}
	errno = 0;
	ret = strcmp(o->format, "json") ? report__text(out, r) : report__json(out, r);
	if (o->output && fclose(out) && !ret)
		ret = -errno;
	if (!ret)
		return 0;
	log__error("%s: %s: the report could not be written%s",
		   o->output ? o->output : "standard output", strerror(-ret),
		   ret == -ENOSPC ? " (make room and run it again)" : "");
	return EXIT_ENVIRONMENT;
}

static int do_report(const void *opts, int argc, char **argv, char **command)
{
	const struct report_opts *o = opts;
	struct report r = { 0 };
	int ret, status = 0;

	(void)argc, (void)argv;
	log__init(LOG_WARN, "report", !strcmp(o->format, "json"));
	if (o->duration && command) {
		log__error("--duration and a COMMAND exclude each other: the command's end is the end");
		return EXIT_USAGE;
	}
	stop__install();
	ret = watch__open(&r.watch, NULL, on_phase, &r);
	if (!ret)
		ret = watch(&r, o, command, &status);
	if (!ret) {
		for (size_t i = 0; i < tracker__open_count(r.watch.tracker); i++)
			add_samples(&r, tracker__open_at(r.watch.tracker, i));
		ret = emit(&r, o);
	}
	for (int l = 0; l < LAT_MAX; l++)
		samples__free(&r.latency[l]);
	samples__free(&r.errors);
	free(r.incidents);
	watch__close(&r.watch);
	return ret ? ret : status;
}

const struct cmd cmd_report = {
	.name = "report",
	.summary = "statistics of what happened meanwhile",
	.args = "",
	.about =
		"Watches for a time, or while COMMAND runs, and then tells how many incidents\n"
		"there were and how long they took: detection (issued to detected), quarantine\n"
		"(raised to blocked), exposure (issued to blocked), fence (raised to fenced),\n"
		"reset, and recovery (raised to recovered). Fewer than 100 samples give no p99.\n"
		"Devices that were blocked before are shown, marked incomplete. The exit status\n"
		"is that of COMMAND, unless atcq itself failed.",
	.opts = report_options,
	.opts_size = sizeof(struct report_opts),
	.defaults = &report_defaults,
	.max_args = 0,
	.trailing_command = true,
	.run = do_report,
};
