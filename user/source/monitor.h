/* SPDX-License-Identifier: GPL-2.0-only */
/* A source, live or recorded, the tracker behind it and the devices it speaks of, in one. */
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
	struct inventory inv;	/* the source's, as it was opened */
	bool complained;
	uint64_t next_scan_ns;	/* when devices may be looked for again */
	const char *only;	/* address of the one device of interest, or NULL */
	tracker_fn fn;
	void *ctx;
	/* Optional, with ctx, to be set after monitor__open(): each event, and after each poll of monitor__run() */
	void (*on_event)(void *ctx, const struct atcq_event *ev);
	void (*on_tick)(void *ctx);
	struct invariants *invariants;
	struct invariant_limits limits;
	violation_fn violation;	/* as on_event */
};

/*
 * Opens everything, and shows the tracker what is blocked already.  @only: what
 * other devices do is left out.  0, or an exit code after saying why.
 */
int monitor__open(struct monitor *w, const char *only, tracker_fn fn, void *ctx);

/* Forgets all incidents and judgements, and begins anew with what is so now; 0 or -errno */
int monitor__restart(struct monitor *w);

/* There will be no more events: invariants judge what is not over */
void monitor__finish(struct monitor *w);

/* The same from a recording, on any machine; NULL: live */
int monitor__open_file(struct monitor *w, const char *path, const char *only, tracker_fn fn, void *ctx);

/* This machine as a source, without a watch; 0, or an exit code after saying why */
int monitor__open_source(struct source **out, const struct source_opts *opts);

/*
 * Waits up to @timeout_ms for events; 0 or -errno, -EINTR is 0.  What came last
 * may be held back for a moment, until it is clear that nothing older comes.
 */
int monitor__poll(struct monitor *w, int timeout_ms);

/* A recording has been read to its end: what there was to complain about was said */
bool monitor__ended(struct monitor *w);

/* Hands over what has come and what was held back; 0 or -errno */
int monitor__drain(struct monitor *w);

/*
 * Watches until a recording has ended, @duration_ns is over (0: no limit), COMMAND
 * has ended (NULL: none; its status goes to @status) or a signal comes, which COMMAND
 * gets too. How long that was goes to @took_ns.  0, or an exit code after saying why.
 */
int monitor__run(struct monitor *w, uint64_t duration_ns, char **command, int *status,
	       uint64_t *took_ns);

void monitor__close(struct monitor *w);

#endif
