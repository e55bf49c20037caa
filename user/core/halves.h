/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A CMDQ error and the failed CMD_SYNC that belongs to it say where in the queue
 * it happened, not to which device. They wait here for the event that knows.
 */
#ifndef ATCQ_HALVES_H
#define ATCQ_HALVES_H

#include <stdbool.h>
#include <stdint.h>

#define MAX_HALVES	64	/* the oldest goes first */

struct half {
	uint32_t smmu, prod;
	uint64_t time_ns;
	uint64_t issued_ns;	/* CMD_SYNC only */
	bool injected;		/* CMDQ error only */
};

struct halves {
	struct half half[MAX_HALVES];
	unsigned int next;
};

void halves__put(struct halves *r, const struct half *h);

/* Finds the latest and forgets it: a position comes again after a wrap */
bool halves__take(struct halves *r, uint32_t smmu, uint32_t prod, struct half *out);

#endif
