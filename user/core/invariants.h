/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What must hold whatever goes wrong, judged by events alone.  As the incident
 * tracker it does no I/O and asks no clock.
 *
 * It would rather not judge than accuse wrongly: a lost event makes everything
 * "not judged" from the last time on that nothing was lost, and issuers that were
 * already under way when something happened, at most one on each CPU, are let be.
 */
#ifndef ATCQ_INVARIANTS_H
#define ATCQ_INVARIANTS_H

#include <stdbool.h>
#include <stdint.h>

#include <atcq/event.h>

enum invariant {
	INV_FENCED_SILENT,	/* no ATC_INV for a device that the core has blocked */
	INV_BLOCKED_SILENT,	/* ATS blocked: at most one more for each of its domains */
	INV_ATS_OFF_FIRST,	/* ATS is blocked before the flush that timed out returns */
	INV_ISSUER_TOLD,	/* the issuer of a CMD_SYNC gets to know its error */
	INV_RESET_LIFTS,	/* only a good reset lifts a block */
	INV_INNOCENT_SPARED,	/* only a device that did not answer when asked alone is blocked */
	INV_RECOVERED_HEARD,	/* a device that is trusted gets all of its ATC_INVs */
	INV_INCIDENT_ENDS,	/* recovered, reset failed or removed */
	INV_ERRORS_BOUNDED,	/* queue errors of one incident */
	INV_MAX
};

enum invariant_verdict {
	VERDICT_HELD,		/* at every occasion, and there was one */
	VERDICT_VIOLATED,
	VERDICT_NO_OCCASION,	/* nothing happened that it is about */
	VERDICT_NOT_CHECKED,	/* events were lost, or this source does not have them */
};

struct violation {
	enum invariant which;
	uint64_t time_ns;			/* of the event that showed it */
	uint32_t smmu, sid, segment, bdf;	/* ATCQ_NONE: not known */
	char text[192];				/* a sentence that names the device */
};

/*
 * @cpus: so many issuers may be under way at once.  @domains: how many a device
 * is attached to, 1 without PASIDs
 */
struct invariant_limits {
	unsigned int cpus, domains;
};

struct invariants;

/* @v is valid during the call only */
typedef void (*violation_fn)(void *ctx, const struct violation *v);

struct invariants *invariants__new(const struct invariant_limits *limits, violation_fn fn,
				   void *ctx);	/* NULL: out of memory */
void invariants__free(struct invariants *c);	/* NULL is fine */

/*
 * What was known of a device at @time_ns; @trusted: ATS is on and the core does
 * not block it. A device that is not told is judged from when it is next let out
 * of a block.
 */
void invariants__seed(struct invariants *c, uint32_t smmu, uint32_t sid, uint32_t segment,
		      uint32_t bdf, enum atcq_blocked blocked, bool trusted, uint64_t time_ns);

/* Events have to name the device wherever it can be known */
void invariants__event(struct invariants *c, const struct atcq_event *ev);

/* How many events were lost before the first of those that are judged */
void invariants__start(struct invariants *c, uint64_t lost);

/*
 * To be called after each batch of events, with how many were lost in all so far:
 * only now are violations told, unless something was lost since the last time.
 */
void invariants__settle(struct invariants *c, uint64_t lost);

/* This source does not have the events that it takes: nothing is judged */
void invariants__give_up(struct invariants *c);

/* No more events: judges what is not over. Settles, too */
void invariants__finish(struct invariants *c, uint64_t time_ns, uint64_t lost);

enum invariant_verdict invariants__verdict(const struct invariants *c, enum invariant which);
uint64_t invariants__checked(const struct invariants *c, enum invariant which);
uint64_t invariants__violated(const struct invariants *c, enum invariant which);

const char *invariant__name(enum invariant which);	/* "fenced-silent" */
const char *invariant__about(enum invariant which);	/* a clause: what must hold */
const char *invariant_verdict__name(enum invariant_verdict v);

#endif
