// SPDX-License-Identifier: GPL-2.0-only
/* The daemon's metrics: counted here, written by whoever serves them. */
#include <string.h>

#include "daemon.h"
#include "inject/armed.h"
#include "lib/log.h"

static bool wanted(const struct daemon_opts *o)
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
		.sysfs = "/sys", .armed_dir = ARMED_DIR, .devices = d->o->devices,
		.history = d->o->db ? figures : NULL, .history_ctx = d,
	};
	int ret = metrics__new(&d->metrics, &cfg);

	if (ret)
		log__error("metrics: %s", strerror(-ret));
	return ret ? EXIT_ENVIRONMENT : 0;
}

static int begin(struct daemon *d)
{
	int ret = d->w.src ? metrics__begin(d->metrics, &d->w) : 0;

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

const struct daemon_part metrics_part = {
	.wanted = wanted, .open = open_metrics, .begin = begin, .phase = on_phase, .event = on_event,
	.close = close_metrics,
};
