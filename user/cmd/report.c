// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "cmd.h"
#include "log.h"
#include "report/report.h"
#include "sink/sink.h"
#include "watch.h"

struct report_opts {
	uint64_t duration;
	const char *format;
	const char *output;
};

static const struct report_opts report_defaults = { .format = "text" };

static const struct opt report_options[] = {
	{ "duration", 'd', OPT_DURATION, "TIME", "watch this long (30s, 5m); without it and COMMAND: until Ctrl-C", offsetof(struct report_opts, duration), 1000000, 0, NULL, false },
	{ "format", 0, OPT_CHOICE, "FORMAT", "one of", offsetof(struct report_opts, format), 0, 0, report_form_names, false },
	{ "output", 'o', OPT_STRING, "FILE", "write the report to FILE", offsetof(struct report_opts, output), 0, 0, NULL, false },
	{ NULL, 0, 0, NULL, NULL, 0, 0, 0, NULL, false },
};

static void on_phase(void *ctx, const struct incident *inc, enum phase phase)
{
	if (phase == PHASE_MAX && inc->closed)
		report__add(ctx, inc);
}

/* What is known at the end: the incidents that are still open, and all that was counted */
static int complete(struct report *r, const struct watch *w)
{
	struct atcq_hist *hist = malloc(sizeof(*hist));
	struct utsname un = { 0 };
	int ret = hist ? 0 : -ENOMEM;

	uname(&un);
	snprintf(r->kernel, sizeof(r->kernel), "%s", un.release);
	snprintf(r->boot_id, sizeof(r->boot_id), "%s", boot_id());
	r->source = source__kind_name(source__kind(w->src));
	r->totals = *tracker__totals(w->tracker);
	if (!ret)
		ret = source__counters(w->src, &r->counters);
	for (size_t i = 0; i < tracker__open_count(w->tracker); i++)
		report__add(r, tracker__open_at(w->tracker, i));
	for (uint32_t smmu = 0; !ret && smmu < w->inv.nsmmu; smmu++)
		if (!source__hist(w->src, smmu, hist))
			ret = report__add_syncs(r, smmu, hist);
	free(hist);
	if (ret)
		log__error("what was counted cannot be read: %s", strerror(-ret));
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

static int do_report(const void *opts, int argc, char **argv, char **command)
{
	const struct report_opts *o = opts;
	struct report r = { 0 };
	struct watch w;
	int ret, status = 0;

	(void)argc, (void)argv;
	log__init(LOG_WARN, "report", !strcmp(o->format, "json"));
	if (o->duration && command) {
		log__error("--duration and a COMMAND exclude each other: the command's end is the end");
		return EXIT_USAGE;
	}
	stop__install();
	ret = watch__open(&w, NULL, on_phase, &r);
	if (!ret)
		ret = watch__run(&w, o->duration, command, &status, &r.duration_ns);
	if (!ret)
		ret = complete(&r, &w);
	if (!ret)
		ret = emit(&r, o);
	report__free(&r);
	watch__close(&w);
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
