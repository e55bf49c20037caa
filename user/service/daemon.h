/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * `atcq daemon`: one process, one event loop, one incident tracker, and modules that
 * use its incidents and events: the history, metrics, the web server.
 *
 * A module is a row of the table in daemon.c and keeps what it needs behind its own
 * pointer below. All its functions except enabled() are optional.
 */
#ifndef ATCQ_SERVICE_DAEMON_H
#define ATCQ_SERVICE_DAEMON_H

#include <systemd/sd-event.h>

#include "history.h"
#include "lib/options.h"
#include "metrics.h"
#include "source/monitor.h"

struct daemon_opts {
	const char *db;
	struct retention_limits limits;
	const char *textfile;
	uint64_t textfile_every_ns;
	const char *devices;
	const char *input;
	struct opt_list listen;
	const char *web_config;
};

struct history;
struct textfile;
struct pages;

struct daemon {
	const struct daemon_opts *o;
	struct monitor w;			/* w.src is NULL on a machine without an SMMUv3 */
	/* A recording's: when it began to be replayed, and when it was made */
	uint64_t paced_from_ns, replay_from_ns;
	bool replayed;			/* to its end */
	sd_event *event;
	struct metrics *metrics;	/* NULL: not enabled */
	struct history *history;
	struct textfile *textfile;
	struct pages *web;
	uint64_t stop_by_ns;		/* the daemon ends at the latest then; 0: it runs on */
	uint64_t second_ns;		/* when second() is due */
	int status;			/* exit code */
};

struct daemon_module {
	bool (*enabled)(const struct daemon_opts *o);
	/* In this order; 0, or an exit code after an error message. open: before the source is opened; start: after */
	int (*open)(struct daemon *d);
	int (*start)(struct daemon *d);
	/* From the tracker and the source */
	void (*phase)(struct daemon *d, const struct incident *inc, enum phase phase);
	void (*event)(struct daemon *d, const struct atcq_event *ev);
	void (*after)(struct daemon *d);	/* when all ready events have been delivered */
	void (*second)(struct daemon *d);	/* about once a second */
	void (*reload)(struct daemon *d);	/* SIGHUP */
	bool (*drain)(struct daemon *d);	/* starts nothing new; true: nothing is unfinished */
	int (*end)(struct daemon *d);		/* no more events follow; 0 or an exit code */
	void (*close)(struct daemon *d);	/* also if open failed or was not called */
};

extern const struct daemon_module history_module, metrics_module, textfile_module, web_module;

/* Runs until SIGTERM or SIGINT; an exit code */
int daemon__run(const struct daemon_opts *o);

/* The metrics of the history; only call it while the history is enabled */
void history__figures(struct daemon *d, struct metrics_history *out);

/* Are incidents waiting in memory because they cannot be written? */
bool history__failing(const struct daemon *d);

/* Does node_exporter read a file of this name? */
bool textfile__name_is_good(const char *path);

#endif
