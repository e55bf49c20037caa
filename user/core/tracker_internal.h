/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Internal to the tracker. tracker.c dispatches the events; tracker_errors.c matches
 * queue errors with the devices they belong to; tracker_incidents.c opens, finds,
 * timestamps and closes incidents.
 */
#ifndef ATCQ_CORE_TRACKER_INTERNAL_H
#define ATCQ_CORE_TRACKER_INTERNAL_H

#include <stdbool.h>
#include <stdint.h>

#include <atcq/event.h>

#include "incident.h"

/* Delays of other CMD_SYNCs by a queue error whose device is not known yet, by the error's position */

#define MAX_DELAYS	64	/* the oldest goes first */

struct delay {
	uint32_t smmu, prod;
	uint32_t count;		/* CMD_SYNCs; 0: free */
	uint64_t ns;
	uint64_t from_ns, to_ns;	/* while they waited: the error came in between */
};

struct delays {
	struct delay delay[MAX_DELAYS];
	unsigned int next;
};

/* @waited: one CMD_SYNC; its count is ignored */
void delays__put(struct delays *d, const struct delay *waited);

/* Finds and removes the delays of the error at @raised_ns: a position repeats after a wrap */
bool delays__take(struct delays *d, uint32_t smmu, uint32_t prod, uint64_t raised_ns,
		  struct delay *out);

/*
 * A queue error and its failed CMD_SYNC carry a queue position but no device. They are
 * kept here until an ATC_TIMEOUT event names the device.
 */

#define MAX_QUEUE_ERRORS	64	/* the oldest goes first */

struct queue_error {
	uint32_t smmu, prod;
	uint64_t time_ns;
	uint64_t issued_ns;	/* CMD_SYNC only */
	bool injected;		/* CMDQ error only */
	uint64_t used_ns;	/* when last, 0 = not yet */
};

struct queue_errors {
	struct queue_error error[MAX_QUEUE_ERRORS];
	unsigned int next;
};

/* Recent events of AER, DPC and slots: they belong to an incident that follows. */

#define PCI_EVENT_RING	32	/* the oldest goes first */

struct pci_event_ring {
	struct atcq_event event[PCI_EVENT_RING];	/* type 0: free */
	unsigned int next;
};

/* The tracker's state, and its open incidents */

#define MAX_OPEN	1024	/* incidents tracked at once */

struct tracker {
	tracker_fn fn;
	void *ctx;
	tracker_above_fn above;
	void *above_ctx;
	uint32_t reported_phases;
	struct incident open[MAX_OPEN];
	size_t nopen;
	uint64_t opened;		/* how many ever */
	struct queue_errors raised, synced;
	struct delays delays;
	struct pci_event_ring pci_events;
	struct tracker_totals totals;
};

/* Latest first: a device has one open incident, but a stream alone may have two */
struct incident *tracker__find_device(struct tracker *t, uint32_t segment, uint32_t bdf);
struct incident *tracker__find_stream(struct tracker *t, uint32_t smmu, uint32_t sid);
struct incident *tracker__find_sync(struct tracker *t, uint32_t smmu, uint32_t prod, enum phase missing);

/* By the device that the event names, else by its stream */
struct incident *tracker__find_named(struct tracker *t, const struct atcq_event *ev);

/* Returns NULL, and counts it, if too many are open */
struct incident *tracker__open_incident(struct tracker *t, const struct atcq_event *ev);

/* The incident of the event's device; opens one, as incomplete, if its start was missed */
struct incident *tracker__incident_of(struct tracker *t, const struct atcq_event *ev);

/* Sets the device of an incident, once it is known */
void tracker__name_device(struct tracker *t, struct incident *inc, uint32_t segment, uint32_t bdf);

/* The first call for a phase counts; a time before that of an earlier phase makes @inc incomplete */
void tracker__set_timestamp(struct tracker *t, struct incident *inc, enum phase phase, uint64_t time_ns);
void tracker__notify(struct tracker *t, const struct incident *inc, enum phase phase);
void tracker__close_incident(struct tracker *t, struct incident *inc, uint64_t time_ns);

/* What each kind of event does: tracker_errors.c */
void tracker__on_cmdq_error(struct tracker *t, const struct atcq_event *ev);
void tracker__on_cmd_sync(struct tracker *t, const struct atcq_event *ev);
void tracker__on_atc_timeout(struct tracker *t, const struct atcq_event *ev);
void tracker__on_atc_answered(struct tracker *t, const struct atcq_event *ev);
void tracker__on_sync_delayed(struct tracker *t, const struct atcq_event *ev);

/* Related PCIe events: tracker_incidents.c */
void tracker__on_pci_event(struct tracker *t, const struct atcq_event *ev);

#endif
