// SPDX-License-Identifier: GPL-2.0-only
/* The daemon's metrics: counted here; the web server and the textfile write them. */
#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon.h"
#include "inject/arm.h"
#include "lib/file.h"
#include "lib/log.h"
#include "lib/text.h"

static bool metrics_enabled(const struct daemon_opts *o)
{
	return o->textfile || o->listen.n;
}

static void figures(void *ctx, struct metrics_history *out)
{
	history__figures(ctx, out);
}

static int open_metrics(struct daemon *d)
{
	struct metrics_config cfg = {
		.sysfs = "/sys", .armed_dir = REGISTRY_DIR, .devices = d->o->devices,
		.history = d->o->db ? figures : NULL, .history_ctx = d,
	};
	int ret = metrics__new(&d->metrics, &cfg);

	if (ret)
		log__error("metrics: %s", strerror(-ret));
	return ret ? EXIT_ENVIRONMENT : 0;
}

static int start_metrics(struct daemon *d)
{
	int ret = d->w.src ? metrics__start(d->metrics, &d->w) : 0;

	if (ret)
		log__error("metrics: %s", strerror(-ret));
	return ret ? EXIT_ENVIRONMENT : 0;
}

static void on_phase(struct daemon *d, const struct incident *inc, enum phase phase)
{
	metrics__phase(d->metrics, inc, phase);
}

static void on_event(struct daemon *d, const struct atcq_event *ev)
{
	metrics__event(d->metrics, ev);
}

static void close_metrics(struct daemon *d)
{
	metrics__free(d->metrics);
}

const struct daemon_module metrics_module = {
	.enabled = metrics_enabled, .open = open_metrics, .start = start_metrics, .phase = on_phase, .event = on_event,
	.close = close_metrics,
};

/*
 * For node_exporter's textfile collector: it reads all *.prom of a folder at each of
 * its scrapes, so what is there must be whole at any time.
 */

#define SUFFIX	".prom"

struct textfile {
	struct buf text;
	sd_event_source *timer;
	bool failing;			/* and it was said */
};

bool textfile__name_is_good(const char *path)
{
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
	size_t n = strlen(name), suffix = strlen(SUFFIX);

	return n > suffix && !strcmp(name + n - suffix, SUFFIX);
}

static bool textfile_enabled(const struct daemon_opts *o)
{
	return o->textfile;
}

static int write_file(struct daemon *d)
{
	struct textfile *t = d->textfile;
	int ret;

	buf__clear(&t->text);
	ret = metrics__render(d->metrics, METRICS_TEXTFILE, &t->text);
	/* Independent of the umask: node_exporter runs as another user */
	if (!ret)
		ret = file__replace(d->o->textfile, t->text.data, t->text.len, 0644, FILE_SOLE_WRITER);
	if (ret && !t->failing)
		log__error("--textfile %s: %s", d->o->textfile, strerror(-ret));
	else if (!ret && t->failing)
		log__info("--textfile %s: written again", d->o->textfile);
	t->failing = ret;
	return ret;
}

static int on_timer(sd_event_source *s, uint64_t usec, void *ctx)
{
	struct daemon *d = ctx;

	(void)usec;
	sd_event_source_set_time_relative(s, d->o->textfile_every_ns / 1000);
	write_file(d);
	return 0;
}

/* As it will be once all privileges are dropped: by owner, group and mode alone */
static bool may_write(const struct stat *st)
{
	gid_t groups[NGROUPS_MAX];
	int n = getgroups(NGROUPS_MAX, groups);

	if (st->st_uid == geteuid())
		return st->st_mode & S_IWUSR;
	for (int i = 0; i < n; i++)
		if (groups[i] == st->st_gid)
			return st->st_mode & S_IWGRP;
	return st->st_mode & (st->st_gid == getegid() ? S_IWGRP : S_IWOTH);
}

static int check_folder(const struct daemon *d)
{
	char folder[PATH_MAX];
	struct stat st;

	snprintf(folder, sizeof(folder), "%s", d->o->textfile);
	if (stat(dirname(folder), &st)) {
		log__error("--textfile %s: %s", d->o->textfile, strerror(errno));
		return EXIT_ENVIRONMENT;
	}
	if (may_write(&st))
		return 0;
	log__error("--textfile %s: its folder belongs to user %u and group %u, and this process (user %u) drops the privileges to write there: run it as that user, or as a user of a group that may write there",
		   d->o->textfile, st.st_uid, st.st_gid, geteuid());
	return EXIT_ENVIRONMENT;
}

static int open_textfile(struct daemon *d)
{
	d->textfile = calloc(1, sizeof(*d->textfile));
	if (!d->textfile) {
		log__error("%s", strerror(ENOMEM));
		return EXIT_ENVIRONMENT;
	}
	if (strlen(d->o->textfile) + strlen("..tmp") >= PATH_MAX) {
		log__error("--textfile %s: %s", d->o->textfile, strerror(ENAMETOOLONG));
		return EXIT_USAGE;
	}
	return check_folder(d);
}

static int start_textfile(struct daemon *d)
{
	int ret = sd_event_add_time_relative(d->event, &d->textfile->timer, CLOCK_MONOTONIC,
					     d->o->textfile_every_ns / 1000, 1, on_timer, d);

	if (ret >= 0)
		ret = sd_event_source_set_enabled(d->textfile->timer, SD_EVENT_ON);
	if (ret < 0)
		log__error("event loop: %s", strerror(-ret));
	/* Fails at the start if the file cannot be written at all */
	if (ret < 0 || write_file(d))
		return EXIT_ENVIRONMENT;
	log__info("writing metrics to %s", d->o->textfile);
	return 0;
}

/* Else the last figures would be scraped for ever */
static int end(struct daemon *d)
{
	if (!unlink(d->o->textfile) || errno == ENOENT)
		return 0;
	log__error("--textfile %s: cannot be deleted: %s", d->o->textfile, strerror(errno));
	return EXIT_ENVIRONMENT;
}

static void close_textfile(struct daemon *d)
{
	if (!d->textfile)
		return;
	sd_event_source_disable_unref(d->textfile->timer);
	buf__free(&d->textfile->text);
	free(d->textfile);
}

const struct daemon_module textfile_module = {
	.enabled = textfile_enabled, .open = open_textfile, .start = start_textfile, .end = end, .close = close_textfile,
};
