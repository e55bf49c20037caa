/* SPDX-License-Identifier: GPL-2.0-only */
/* The checker's state: internal to user/core/invariants*.c. */
#ifndef ATCQ_CORE_INVARIANTS_INTERNAL_H
#define ATCQ_CORE_INVARIANTS_INTERNAL_H

#include "invariants.h"

#define MAX_LISTS	256	/* CPUs whose last list of ATC_INVs is kept */
#define MAX_POSITIONS	64	/* the oldest goes first */
#define MAX_PENDING	64	/* violations that wait for the next settle; more are only counted */

enum last_reset { RESET_NONE, RESET_STARTED, RESET_GOOD, RESET_BAD };

/* A device. The end of a block resets all but its addresses */
struct device_state {
	uint32_t smmu, sid, segment, bdf;
	bool known;		/* no event about it is missing */
	bool open;		/* has an open incident */
	bool blocked;		/* by the core, by an event or the seed */
	bool fenced;		/* ... and no good reset has ended since */
	bool block_tried;	/* ATS */
	bool block_failed, ats_off;
	bool reported;		/* to the core, and no good reset has ended since */
	bool reattach_failed;
	bool trusted;
	bool reported_suspected, reported_sent, reported_suppressed;	/* at most one violation per incident */
	uint64_t fenced_ns, ats_off_ns, trusted_ns;
	unsigned int suspected;	/* timed out in a list of its own, and not blocked yet */
	unsigned int sent;	/* issued after its ATS was blocked, and timed out */
	unsigned int reports_due;	/* blocks of ATS that were not reported to the core yet */
	unsigned int errors, suppressed;
	enum last_reset last_reset;
};

/* The list of ATC_INVs that timed out last on a CPU: one event a Stream ID */
struct list {
	bool used, multi, raised;
	bool opened, suspected;	/* how it changed the state of its first suspect */
	uint32_t cpu, smmu, prod, sid;
	uint64_t issued_ns;	/* 0 = not known */
	size_t first;		/* index of its device_state */
};

/* Positions in a queue */
struct position {
	uint32_t smmu, prod;
	uint64_t time_ns;	/* 0 = unused */
};

struct positions {
	struct position p[MAX_POSITIONS];
	unsigned int next;
};

struct invariants {
	struct invariant_limits limits;
	violation_fn fn;
	void *ctx;
	struct device_state *state;
	size_t nstates, capacity;
	struct list list[MAX_LISTS];
	struct positions raised, given_up;
	unsigned int exemptions;	/* devices that may be blocked because the issuer gave up their list */
	struct violation pending[MAX_PENDING];
	size_t npending;
	uint64_t lost;
	bool was_lost;
	struct {
		uint64_t checked, violated, pending;
	} count[INV_MAX];
};

/* Queues a violation until the next settle; @s may be NULL */
void invariants_violate(struct invariants *c, enum invariant which, uint64_t time_ns,
			const struct device_state *s, const char *fmt, ...)
	__attribute__((format(printf, 5, 6)));

/* Counts one check of an invariant */
static inline void invariants_checked(struct invariants *c, enum invariant which)
{
	c->count[which].checked++;
}

/* Checks the incident of @s, which is over, if it had one */
void invariants_end_incident(struct invariants *c, const struct device_state *s, uint64_t time_ns);

/* Finds or adds the state of a device; NULL: out of memory */
struct device_state *invariants_device_state(struct invariants *c, uint32_t smmu, uint32_t sid,
				   uint32_t segment, uint32_t bdf);

#endif
