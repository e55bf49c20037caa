/* SPDX-License-Identifier: GPL-2.0-only */
/* What a run of the workload with a fault in it shows.  Pure. */
#ifndef ATCQ_VERDICT_H
#define ATCQ_VERDICT_H

#include <stdbool.h>
#include <stddef.h>

enum sweep_verdict {
	SWEEP_OK,
	SWEEP_VIOLATED,		/* an invariant, or the kernel complains */
	SWEEP_WORKLOAD,		/* it failed, and no device was taken away from it */
	SWEEP_NOT_CLEAN,	/* the devices do not come back */
	SWEEP_NOT_JUDGED,	/* events were lost */
	SWEEP_NEVER_FIRED,	/* the workload took another way this time */
};

struct run_facts {
	bool learning;		/* no fault was to fire */
	bool fired;
	int status;		/* of the workload, as a shell has it */
	bool timed_out;		/* it was ended by us */
	bool taken;		/* a device was blocked, or a reset failed: it may notice */
	size_t violations;
	bool judged;
	char splat[160];	/* "" = none */
	char unclean[160];	/* "" = all devices work again */
};

/* @why: a sentence, "" if all is well */
enum sweep_verdict sweep__verdict(const struct run_facts *f, char *why, size_t len);

const char *sweep_verdict__name(enum sweep_verdict v);
enum sweep_verdict sweep_verdict__by_name(const char *name);	/* unknown: not judged */

/* Is it something to be looked into? */
bool sweep_verdict__is_bad(enum sweep_verdict v);

#endif
