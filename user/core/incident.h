/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The incident tracker: events in, incidents out. It does no I/O and asks no
 * clock, so the same input always gives the same output.
 *
 * What did not come (a lost event, a kernel that does not tell) leaves a stamp
 * unknown and makes the incident incomplete; it never makes a wrong number.
 */
#ifndef ATCQ_INCIDENT_H
#define ATCQ_INCIDENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <atcq/event.h>

/* In the order in which they happen */
enum phase {
	PHASE_ISSUED,		/* the CMD_SYNC behind the ATC_INV was visible to hardware */
	PHASE_RAISED,		/* CMDQ error CERROR_ATC_INV_SYNC seen */
	PHASE_DETECTED,		/* the issuer learned of it */
	PHASE_BLOCKED,		/* STE.EATS off, and the SMMU knows */
	PHASE_FENCED,		/* the core attached the blocking domain */
	PHASE_RESET_BEGIN,
	PHASE_RESET_END,
	PHASE_RECOVERED,	/* domains attached again, ATS on */
	PHASE_MAX
};

enum incident_state {
	INCIDENT_TIMED_OUT, INCIDENT_ATS_BLOCKED, INCIDENT_FENCED, INCIDENT_RESETTING,
	INCIDENT_RESET_FAILED, INCIDENT_RECOVERED, INCIDENT_REMOVED,
};

enum latency {
	LAT_DETECTION,		/* detected - issued */
	LAT_QUARANTINE,		/* blocked - raised */
	LAT_EXPOSURE,		/* blocked - issued: a stale translation was usable */
	LAT_FENCE,		/* fenced - raised */
	LAT_RESET,		/* reset_end - reset_begin */
	LAT_RECOVERY,		/* recovered - raised */
	LAT_MAX
};

struct incident {
	uint32_t smmu, sid, segment, bdf;	/* ATCQ_NONE: not known */
	uint32_t prod;				/* of the CMD_SYNC that failed first */
	enum incident_state state;
	bool injected;		/* by a fault point */
	bool incomplete;	/* a stamp is missing or cannot be */
	bool at_start;		/* was open before anybody watched */
	bool closed;
	uint64_t stamp[PHASE_MAX];	/* CLOCK_BOOTTIME in ns, 0 = not known */
	uint64_t opened_ns;		/* the first event */
	uint64_t closed_ns;		/* the last, 0 while it is open */
	uint64_t gap_from_ns, gap_to_ns;	/* in between events were lost; 0 = none */
	uint32_t atc_timeouts, cmdq_errors;
	uint64_t suppressed;		/* ATC_INVs that were not sent */
	uint32_t resets_failed;
	int reset_result;
};

struct tracker;

/*
 * @phase: what @inc just got, or PHASE_MAX when it was closed or opened without
 * one. @inc is valid during the call only.
 */
typedef void (*tracker_fn)(void *ctx, const struct incident *inc, enum phase phase);

struct tracker_totals {
	uint64_t incidents, injected, recovered, removed;
	uint64_t atc_timeouts, cmdq_errors, suppressed, gerrors;
	uint64_t resets_ok, resets_failed;
	uint64_t dropped;	/* incidents not followed: too many open at once */
};

struct tracker *tracker__new(tracker_fn fn, void *ctx);	/* NULL: out of memory */
void tracker__free(struct tracker *t);			/* NULL is fine */
void tracker__event(struct tracker *t, const struct atcq_event *ev);

/* A device that is blocked already, with what is known of it */
void tracker__seed(struct tracker *t, uint32_t smmu, uint32_t sid, uint32_t segment,
		   uint32_t bdf, enum atcq_blocked why, uint64_t since_ns);

/* The incidents that are open, oldest first */
size_t tracker__open_count(const struct tracker *t);
const struct incident *tracker__open_at(const struct tracker *t, size_t i);
const struct tracker_totals *tracker__totals(const struct tracker *t);

const char *phase__name(enum phase p);
const char *incident_state__name(enum incident_state s);
const char *latency__name(enum latency l);

/* In ns; false if it is not known, or something in between was lost */
bool incident__latency(const struct incident *inc, enum latency which, uint64_t *ns);

/* Boot id, SMMU, Stream ID and raised time: the same in every command and file */
void incident__id(const struct incident *inc, const char *boot_id, char *out, size_t len);

/* "0000:01:00.0", or "?" */
void incident__bdf(const struct incident *inc, char out[16]);
void bdf__format(uint32_t segment, uint32_t bdf, char out[16]);

#endif
