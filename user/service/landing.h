/* SPDX-License-Identifier: GPL-2.0-only */
/* The page for a person: what is so now, and what was last. No script, nothing from elsewhere. */
#ifndef ATCQ_SERVICE_LANDING_H
#define ATCQ_SERVICE_LANDING_H

#include <stdio.h>

#include "core/incident.h"
#include "source/inventory.h"

#define LANDING_LAST	20	/* incidents that are over */
#define LANDING_OPEN	50	/* open ones; the page has the number of further ones */
#define LANDING_DEVICES	200	/* those that are not healthy first */
#define LANDING_ARMED	16

/* The last incidents, in a ring; starts zeroed */
struct landing_last {
	struct incident inc[LANDING_LAST];
	uint64_t n;
};

void landing_last__add(struct landing_last *l, const struct incident *inc);

struct landing_armed {
	char faults[128];	/* "atc-timeout, reset-fail" */
	char devices[128];
	int pid;
	uint64_t deadline_ns;	/* CLOCK_BOOTTIME */
};

struct landing {
	const char *host, *kernel, *boot_id, *version;
	const char *source;		/* kind of source; NULL: there is none */
	const char *not_ready_reason;		/* NULL: the daemon is ready */
	const struct inventory *inv;
	const struct tracker *tracker;	/* NULL: none */
	const struct landing_last *last;
	struct landing_armed armed[LANDING_ARMED];
	size_t narmed;
	uint64_t now_ns;		/* CLOCK_BOOTTIME */
	int64_t wall_offset_ns;		/* CLOCK_REALTIME - CLOCK_BOOTTIME */
};

/* Fills l->armed from @dir (REGISTRY_DIR except in tests) */
void landing__read_armed(struct landing *l, const char *dir);

/* 0 or -errno: @out could not be written to */
int landing__write(FILE *out, const struct landing *l);

#endif
