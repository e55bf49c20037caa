/* SPDX-License-Identifier: GPL-2.0-only */
/* Joins a source, live or recorded, to the tracker, the invariants and its devices. */
#ifndef ATCQ_SOURCE_MONITOR_H
#define ATCQ_SOURCE_MONITOR_H

#include "core/event.h"
#include "core/incident.h"
#include "core/invariants.h"
#include "inventory.h"
#include "source.h"

struct monitor {
	struct source *src;
	struct order *order;
	struct tracker *tracker;
	struct inventory inv;	/* the devices when the source was opened */
	bool complained;
	uint64_t next_scan_ns;	/* when to search for new devices again */
	const char *only;	/* address of the one device of interest, or NULL */
	tracker_fn fn;
	void *ctx;
	/* Optional, with ctx; set them after monitor__open(): for each event, and after each poll of monitor__run() */
	void (*on_event)(void *ctx, const struct atcq_event *ev);
	void (*on_tick)(void *ctx);
	struct invariants *invariants;
	struct invariant_limits limits;
	violation_fn violation;	/* as on_event */
};

/*
 * Opens everything, and gives the tracker the devices that are blocked already.  @only:
 * the events of other devices are left out.  0, or an exit code after a message.
 */
int monitor__open(struct monitor *w, const char *only, tracker_fn fn, void *ctx);

/* Drops all incidents and verdicts, and starts again with the present state; 0 or -errno */
int monitor__restart(struct monitor *w);

/* After the last event: checks the invariants of open incidents */
void monitor__finish(struct monitor *w);

/* The same from a recording, on any machine; NULL: live */
int monitor__open_file(struct monitor *w, const char *path, const char *only, tracker_fn fn, void *ctx);

/* Opens this machine as a source, without a monitor; 0, or an exit code after a message */
int monitor__open_source(struct source **out, const struct source_opts *opts);

/*
 * Waits up to @timeout_ms for events; 0 or -errno, -EINTR is 0.  The last events may
 * be held for a moment, since older ones may follow.
 */
int monitor__poll(struct monitor *w, int timeout_ms);

/* Has a recording been read to its end? It then prints the source's complaint once */
bool monitor__ended(struct monitor *w);

/* Delivers the events that have arrived and those that are held; 0 or -errno */
int monitor__drain(struct monitor *w);

/*
 * Polls until a recording has ended, @duration_ns is over (0: no limit), @command has
 * exited (NULL: none; @status is its exit status) or a signal arrives, which is sent to
 * @command too. @took_ns: the time that this took.  0, or an exit code after a message.
 */
int monitor__run(struct monitor *w, uint64_t duration_ns, char **command, int *status,
	       uint64_t *took_ns);

void monitor__close(struct monitor *w);

#endif
