// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "lib/log.h"
#include "verify/compare.h"

struct diff_opts {
	const char *format, *output, *margin;
	struct opt_list only;
	uint64_t analyses;
	bool force;
};

static const struct diff_opts diff_defaults = { .format = "text", .margin = "0.5", .analyses = 1 };
static const char *const formats[] = { "text", "json", "html", NULL };

#define D(field) offsetof(struct diff_opts, field)
static const struct opt diff_options[] = {
	{ "format", 'f', OPT_CHOICE, "FORM", "output format", D(format), 0, 0, formats, false },
	{ "output", 'o', OPT_STRING, "FILE", "write to FILE, not to standard output", D(output), 0, 0, NULL, false },
	{ "margin", 0, OPT_STRING, "PERCENT", "differences up to this do not count (0.5)", D(margin), 0, 0, NULL, false },
	{ "metric", 0, OPT_LIST, "NAME", "compare this metric only, repeatable", D(only), 0, 0, NULL, false },
	{ "looks", 0, OPT_UINT, "N", "BASE and NEW are compared N times, as boots are added (1)", D(analyses), 1, 1000, NULL, false },
	{ "force", 0, OPT_FLAG, NULL, "also if the environments differ", D(force), 0, 0, NULL, false },
	{ NULL, 0, 0, NULL, NULL, 0, 0, 0, NULL, false },
};

/* 0.005 of "0.5"; false: it is no percentage below 100 */
static bool parse_margin(const char *text, double *margin)
{
	char *end;
	double percent = strtod(text, &end);

	if (end == text || *end || !isfinite(percent) || percent < 0 || percent >= 100)
		return false;
	*margin = percent / 100;
	return true;
}

static struct results *read_side(const char *path, int *code)
{
	struct error err = { "" };
	struct results *r;
	int ret = results__read(path, &r, &err);

	if (!ret)
		return r;
	log__error("%s", err.text);
	*code = ret == -ENOMEM ? EXIT_ENVIRONMENT : EXIT_USAGE;
	return NULL;
}

/* What differs, and what to do about it */
static bool comparable(const struct comparison *g, bool force)
{
	for (size_t i = 0; !force && i < g->ndifference; i++) {
		const struct env_difference *d = &g->difference[i];

		log__error("%s differs: '%s' in BASE, '%s' in NEW", d->field, *d->a ? d->a : "unknown",
			   *d->b ? d->b : "unknown");
	}
	if (force || !g->ndifference)
		return true;
	log__error("BASE and NEW come from different environments, so a difference may not come from the kernel: measure BASE again here, or use --force");
	return false;
}

static int write_to(FILE *out, const struct diff_opts *o, const struct comparison *g)
{
	if (!strcmp(o->format, "json"))
		return comparison__json(out, g, o->force);
	return strcmp(o->format, "html") ? comparison__text(out, g, o->force) : comparison__html(out, g, o->force);
}

static int write_out(const struct diff_opts *o, const struct comparison *g)
{
	const char *name = o->output ? o->output : "standard output";
	FILE *out = o->output ? fopen(o->output, "we") : stdout;
	int ret;

	if (!out) {
		log__error("%s: %s", name, strerror(errno));
		return EXIT_ENVIRONMENT;
	}
	ret = write_to(out, o, g);
	if (o->output && fclose(out) && !ret)
		ret = -errno;
	if (!ret)
		return comparison__exit(g);
	log__error("%s: cannot write: %s", name, strerror(-ret));
	return EXIT_ENVIRONMENT;
}

static int diff(const struct diff_opts *o, const struct comparison_opts *comparison_opts, char **argv)
{
	struct comparison g = { 0 };
	int code = EXIT_OK;
	struct results *base = read_side(argv[0], &code);
	struct results *now = base ? read_side(argv[1], &code) : NULL;

	if (!now)
		goto out;
	if (comparison__make(&g, base, now, comparison_opts)) {
		log__error("out of memory");
		code = EXIT_ENVIRONMENT;
	} else if (!comparable(&g, o->force)) {
		code = EXIT_ENVIRONMENT;
	} else {
		code = write_out(o, &g);
	}
	comparison__free(&g);
out:
	results__free(now);
	results__free(base);
	return code;
}

static int do_diff(const void *opts, int argc, char **argv, char **command)
{
	const struct diff_opts *o = opts;
	struct comparison_opts g = {
		.alpha = 0.05, .interim_analyses = o->analyses, .only = o->only.v, .nonly = o->only.n,
	};

	(void)command;
	log__init(LOG_WARN, "diff", !strcmp(o->format, "json"));
	if (argc != 2) {
		log__error("what to compare? Two files, or folders, that atcq run --json wrote: atcq diff BASE NEW");
		return EXIT_USAGE;
	}
	if (!parse_margin(o->margin, &g.min_margin)) {
		log__error("--margin %s: not a percentage from 0 to less than 100", o->margin);
		return EXIT_USAGE;
	}
	return diff(o, &g, argv);
}

const struct cmd cmd_diff = {
	.usage.name = "diff",
	.usage.summary = "compare the results of two kernels, metric by metric",
	.usage.args = "BASE NEW",
	.usage.about =
		"BASE and NEW are what 'atcq run --json' wrote, each a file or a folder of files of\n"
		"the same environment. What counts is the boot: of each, a metric gives one number,\n"
		"the mean of its raw values, and from these comes an interval of the ratio NEW to\n"
		"BASE; all intervals together hold with a probability of 95 %. The margin of a metric\n"
		"is --margin, or five times the noise of BASE's own boots if that is more. An interval\n"
		"that lies wholly above the margin is worse, below it better, within it same; all else\n"
		"is not enough data, and more boots narrow it. A metric that contains a device's\n"
		"timeout, a reset or the wait for a worker is shown, but does not count.\n"
		"Results of different environments (CPUs, clock, configuration, atcq, emulator) are\n"
		"refused unless forced; another kernel is what is to be compared.\n"
		"The exit status is 0 if no metric that counts became worse, 4 if one did, 5 if there is\n"
		"not enough data, 1 if a scenario failed in NEW, 3 if the environments differ, 2 if a\n"
		"file is invalid.",
	.usage.opts = diff_options,
	.usage.opts_size = sizeof(struct diff_opts),
	.usage.defaults = &diff_defaults,
	.usage.max_args = 2,
	.usage.trailing_command = false,
	.run = do_diff,
};
