/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The incidents that are followed: how one is opened, found, stamped and closed.
 * Internal to the tracker: timeouts.c, resets.c and neighbours.c say when.
 */
#ifndef ATCQ_FOLLOW_H
#define ATCQ_FOLLOW_H

#include "delays.h"
#include "halves.h"
#include "incident.h"
#include "neighbours.h"

#define MAX_OPEN	1024	/* incidents followed at once */

struct tracker {
	tracker_fn fn;
	void *ctx;
	tracker_above_fn above;
	void *above_ctx;
	uint32_t told;
	struct incident open[MAX_OPEN];
	size_t nopen;
	uint64_t opened;		/* how many ever */
	struct halves raised, synced;
	struct delays delays;
	struct neighbours neighbours;
	struct tracker_totals totals;
};

/* Latest first: a device has one open incident, but a stream alone may have two */
struct incident *find_device(struct tracker *t, uint32_t segment, uint32_t bdf);
struct incident *find_stream(struct tracker *t, uint32_t smmu, uint32_t sid);
struct incident *find_sync(struct tracker *t, uint32_t smmu, uint32_t prod, enum phase missing);

/* By the device that the event names, else by its stream */
struct incident *find_named(struct tracker *t, const struct atcq_event *ev);

/* NULL, and counted, if too many are open */
struct incident *open_incident(struct tracker *t, const struct atcq_event *ev);

/* The incident of the event's device; opened, incomplete, if its begin was missed */
struct incident *of_device(struct tracker *t, const struct atcq_event *ev);

/* The incident's device has become known */
void name_device(struct tracker *t, struct incident *inc, uint32_t segment, uint32_t bdf);

/* The first time counts; one before what came earlier in the story cannot be */
void stamp(struct tracker *t, struct incident *inc, enum phase phase, uint64_t time_ns);
void tell(struct tracker *t, const struct incident *inc, enum phase phase);
void close_incident(struct tracker *t, struct incident *inc, uint64_t time_ns);

/* What each kind of event does: timeouts.c */
void on_cmdq_error(struct tracker *t, const struct atcq_event *ev);
void on_cmd_sync(struct tracker *t, const struct atcq_event *ev);
void on_atc_timeout(struct tracker *t, const struct atcq_event *ev);
void on_atc_answered(struct tracker *t, const struct atcq_event *ev);
void on_sync_delayed(struct tracker *t, const struct atcq_event *ev);

/* resets.c */
void forget_reset(struct incident *inc);
void on_reset_prepare(struct tracker *t, const struct atcq_event *ev);
void on_reset_done(struct tracker *t, const struct atcq_event *ev);
void on_flr(struct tracker *t, const struct atcq_event *ev);
void on_unblocked(struct tracker *t, const struct atcq_event *ev);
void on_end(struct tracker *t, const struct atcq_event *ev, enum incident_state state);

/* neighbours.c */
void on_neighbour(struct tracker *t, const struct atcq_event *ev);
void neighbours_before(struct tracker *t, struct incident *inc);	/* it was opened or named */

#endif
