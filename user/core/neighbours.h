/* SPDX-License-Identifier: GPL-2.0-only */
/* What AER, DPC and slots said lately: an incident that follows wants to know. */
#ifndef ATCQ_NEIGHBOURS_H
#define ATCQ_NEIGHBOURS_H

#include <atcq/event.h>

#define MAX_RECENT	32	/* the oldest goes first */

struct neighbours {
	struct atcq_event recent[MAX_RECENT];	/* type 0: free */
	unsigned int next;
};

#endif
