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
	uint64_t used_ns;	/* when last, 0 = not yet */
};

struct halves {
	struct half half[MAX_HALVES];
	unsigned int next;
};

void halves__put(struct halves *r, const struct half *h);

/*
 * The latest at this position, NULL if there is none.  All devices that a list names
 * share it, one right after the other: whoever comes later is of another list at the
 * same position, after a wrap, whose half got lost.
 */
#define HALF_SHARED_NS	1000000
const struct half *halves__use(struct halves *r, uint32_t smmu, uint32_t prod, uint64_t now_ns);

#endif
