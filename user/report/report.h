/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a report says: data only, filled by who watched, read a recording or asked
 * the history, and written in one of several forms.  Pure but for the writing.
 */
#ifndef ATCQ_REPORT_H
#define ATCQ_REPORT_H

#include <jansson.h>
#include <stdio.h>

#include "core/incident.h"
#include "core/stats.h"
#include "source/source.h"

/* CMD_SYNCs of one SMMU */
struct report_syncs {
	uint32_t smmu;
	struct atcq_hist hist;
};

struct report {
	char kernel[65];		/* its release */
	char boot_id[40];
	const char *source;		/* kind of source, borrowed */
	uint64_t duration_ns;
	struct tracker_totals totals;
	struct source_counters counters;
	struct report_syncs *syncs;
	size_t nsyncs;
	struct samples latency[LAT_MAX];
	struct samples errors;		/* CMDQ errors per incident */
	struct incident *incidents;	/* all that closed, then those still open */
	size_t n, room, open;
	uint64_t dropped;		/* no memory to keep them */
};

/* An incident that was closed, or is open at the end; counted in dropped if it does not fit */
void report__add(struct report *r, const struct incident *inc);
int report__add_syncs(struct report *r, uint32_t smmu, const struct atcq_hist *hist);	/* 0 or -ENOMEM */
void report__free(struct report *r);

uint64_t report__lost(const struct report *r);	/* events and incidents that are missing */

/* The quantiles that all forms show; false: too few samples to tell this one */
#define REPORT_QUANTILES 5
extern const unsigned int report_percents[REPORT_QUANTILES];
extern const char *const report_quantiles[REPORT_QUANTILES];
bool report__enough(unsigned int percent, uint64_t n);

/* The forms by name, as --format has them; ends with NULL */
extern const char *const report_form_names[];

/* 0, -errno of the write, or -EINVAL: no such form */
int report__write(FILE *out, struct report *r, const char *form);
int report__text(FILE *out, struct report *r);
int report__json(FILE *out, struct report *r);

#endif
