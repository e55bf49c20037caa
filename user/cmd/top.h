/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What `atcq top` shows: a picture of all devices, taken again every interval, as
 * lines and as JSON.  Knows no terminal.
 */
#ifndef ATCQ_CMD_TOP_H
#define ATCQ_CMD_TOP_H

#include <stdio.h>

#include <atcq/hist.h>

#include "source/monitor.h"

enum top_sort { TOP_BY_DEVICE, TOP_BY_STATE, TOP_BY_INCIDENT, TOP_BY_NAME, TOP_SORTS };
extern const char *const top_sorts[];	/* their names, as --sort has them; ends with NULL */

struct top_smmu {
	uint32_t smmu;
	struct atcq_hist total;		/* since the start */
	uint64_t count, failed;		/* in the last interval */
	uint64_t p50_ns, p99_ns;	/* of the last interval, 0 = no CMD_SYNC */
};

struct top_row {
	struct device dev;
	bool had_incident;
	struct incident last;		/* the latest, open or closed */
	uint32_t incidents;
	char armed[64];			/* faults, "" = none */
};

struct top {
	struct top_row *row;
	size_t nrow;
	struct inventory inv;		/* of now; a recording has its own */
	struct top_smmu *smmu;
	size_t nsmmu;
	struct source_counters counters;
	uint64_t taken_ns, interval_ns;		/* CLOCK_BOOTTIME; since the picture before */
	uint64_t atc_invs;			/* in the interval */
	size_t open;
	uint64_t incidents;
	double own_cpu;				/* share of one CPU that this process took */
	uint64_t cpu_ns;
};

/* How it is to be shown */
struct top_view {
	enum top_sort sort;
	bool reverse, paused;
	char filter[48];	/* in the address, name, driver or state; "" = all */
	size_t first;		/* row that is shown first */
};

/* Takes the first picture, of a recording only its devices; 0, -ENOMEM or -errno */
int top__init(struct top *t, const struct monitor *w);
/* Takes the next; 0, -ENOMEM, or -errno of what cannot be read */
int top__update(struct top *t, const struct monitor *w);
/* Called by the tracker at each phase of an incident */
void top__incident(struct top *t, const struct incident *inc, enum phase phase);
void top__free(struct top *t);

enum top_kind { TOP_TITLE, TOP_TEXT, TOP_HEAD, TOP_HEALTHY, TOP_ALERT };

/* Each line of it, at most @lines (0: all) of @columns characters; how many rows passed the filter */
typedef void (*top_line_fn)(void *ctx, enum top_kind kind, const char *text);
size_t top__lines(const struct top *t, const struct top_view *v, size_t lines, size_t columns,
		  top_line_fn fn, void *ctx);

/* The picture as one JSON object on a line; 0 or -errno */
int top__json(FILE *out, const struct top *t);

#endif
