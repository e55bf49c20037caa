/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What others lost to a CMDQ error whose device is not known yet, by the error's
 * position in the queue.
 */
#ifndef ATCQ_DELAYS_H
#define ATCQ_DELAYS_H

#include <stdbool.h>
#include <stdint.h>

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

/* @waited: one CMD_SYNC, its count is taken for 1 */
void delays__put(struct delays *d, const struct delay *waited);

/* Finds those of the error at @raised_ns and forgets them: a position comes again after a wrap */
bool delays__take(struct delays *d, uint32_t smmu, uint32_t prod, uint64_t raised_ns,
		  struct delay *out);

#endif
