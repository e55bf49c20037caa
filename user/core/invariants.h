/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Invariants that hold through every fault, checked by events alone.  Like the incident
 * tracker, the check does no I/O and reads no clock.
 *
 * It reports no violation that is uncertain: after a lost event, all
 * verdicts are VERDICT_NOT_CHECKED since the last settle without a loss, and an issuer that was already
 * running when the state changed, at most one per CPU, is exempt.
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
	INV_ISSUER_TOLD,	/* the issuer of a CMD_SYNC sees its error */
	INV_RESET_LIFTS,	/* only a good reset lifts a block */
	INV_INNOCENT_SPARED,	/* only a device that did not answer an ATC_INV of its own is blocked */
	INV_RECOVERED_HEARD,	/* a device that is trusted gets all of its ATC_INVs */
	INV_INCIDENT_ENDS,	/* recovered, reset failed or removed */
	INV_ERRORS_BOUNDED,	/* queue errors of one incident */
	INV_MAX
};

enum invariant_verdict {
	VERDICT_HELD,		/* at every check, and there was one */
	VERDICT_VIOLATED,
	VERDICT_NO_OCCASION,	/* no event made a check */
	VERDICT_NOT_CHECKED,	/* events were lost, or this source does not have the events */
};

struct violation {
	enum invariant which;
	uint64_t time_ns;			/* of the event that showed it */
	uint32_t smmu, sid, segment, bdf;	/* ATCQ_NONE: not known */
	char text[192];				/* names the device */
};

/*
 * @cpus: how many issuers may run at once.  @domains: to how many domains a device
 * is attached, 1 without PASIDs
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
 * The state of a device at @time_ns; @trusted: ATS is on and the core does not block
 * the device. A device that is not seeded is checked from the end of its next block.
 */
void invariants__seed(struct invariants *c, uint32_t smmu, uint32_t sid, uint32_t segment,
		      uint32_t bdf, enum atcq_blocked blocked, bool trusted, uint64_t time_ns);

/* Events must name the device if it is known */
void invariants__event(struct invariants *c, const struct atcq_event *ev);

/* @lost: how many events were lost before the first event */
void invariants__start(struct invariants *c, uint64_t lost);

/*
 * Call it after each batch of events, with the total of lost events: it reports the
 * violations of the batch, or drops them if events were lost since the last call.
 */
void invariants__settle(struct invariants *c, uint64_t lost);

/* The source lacks the events that the checks need: nothing is checked */
void invariants__give_up(struct invariants *c);

/* After the last event: checks the incidents that are still open, and settles */
void invariants__finish(struct invariants *c, uint64_t time_ns, uint64_t lost);

enum invariant_verdict invariants__verdict(const struct invariants *c, enum invariant which);
uint64_t invariants__checked(const struct invariants *c, enum invariant which);
uint64_t invariants__violated(const struct invariants *c, enum invariant which);

const char *invariant__name(enum invariant which);	/* "fenced-silent" */
const char *invariant__about(enum invariant which);	/* what must hold, without a full stop */
const char *invariant_verdict__name(enum invariant_verdict v);

#endif
