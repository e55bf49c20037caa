/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The data of a report: filled from live events, a recording or the history, and
 * written in one of several formats.  No I/O except for the writing.
 */
#ifndef ATCQ_REPORT_REPORT_H
#define ATCQ_REPORT_REPORT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <atcq/hist.h>

#include "core/incident.h"
#include "core/invariants.h"
#include "core/stats.h"
#include "source/inventory.h"
#include "source/source.h"

/*
 * How long the CMD_SYNCs of one SMMU took, over time: a bounded number of time
 * buckets, each with a coarse histogram. When there are too many, adjacent ones are
 * merged and buckets become twice as long. No I/O.
 */

#define TIME_BUCKETS_MAX	240
#define TIME_BUCKET_FIRST_NS	100000000ull	/* length of a bucket at first */
/* A row is half an octave, below 64 ns a quarter of what is there */
#define HIST_BUCKETS_PER_ROW 16
#define TIME_BUCKET_ROWS	(ATCQ_HIST_BUCKETS / HIST_BUCKETS_PER_ROW)

struct time_bucket {
	uint64_t start_ns, end_ns;	/* CLOCK_BOOTTIME; next to each other without a gap */
	uint64_t count, failed;
	uint64_t row[TIME_BUCKET_ROWS];
};

struct time_buckets {
	uint32_t smmu;
	uint64_t width_ns;		/* how long the next one should be */
	uint64_t end_ns;		/* of the last one */
	size_t n;
	struct time_bucket v[TIME_BUCKETS_MAX];
	struct atcq_hist seen;		/* what was counted until end_ns */
};

/* From @start_ns on; @seen: what had been counted then, NULL: nothing */
void time_buckets__start(struct time_buckets *s, uint32_t smmu, uint64_t start_ns, const struct atcq_hist *seen);

/* Is the next bucket over? */
bool time_buckets__due(const struct time_buckets *s, uint64_t now_ns);

/* The next bucket ends at @end_ns, when @total had been counted in all */
void time_buckets__add(struct time_buckets *s, uint64_t end_ns, const struct atcq_hist *total);

/* CMD_SYNCs of one SMMU */
struct report_syncs {
	uint32_t smmu;
	struct atcq_hist hist;
};

/* More events than this are counted in events_left_out */
#define REPORT_EVENTS_MAX 16384

struct report_device {
	struct device dev;		/* its state is that of the end */
	bool removed;			/* was there at the start only */
};

struct report_invariant {
	enum invariant_verdict verdict;
	uint64_t checked, violated;
};

/* ATC_INVs of one Stream ID */
struct report_atc {
	uint32_t smmu, sid;
	char device[16];		/* "?" if it is not known */
	uint64_t n;
};

/* A boot of a machine whose incidents are in a history: clocks start from zero with each */
struct report_boot {
	int64_t row;
	char boot_id[40], kernel[65], host[65];
	int64_t wall_offset_ns;		/* when it was written last */
};

struct report {
	char kernel[65];		/* its release */
	char host[65];			/* the machine's name; "": not known */
	char boot_id[40];
	const char *source;		/* kind of source, borrowed */
	const char *version;		/* of the atcq that watched, borrowed */
	char *command;			/* the command line that made it, UTF-8; NULL: not known */
	uint64_t start_ns;		/* CLOCK_BOOTTIME */
	int64_t wall_offset_ns;		/* CLOCK_REALTIME - CLOCK_BOOTTIME, 0: not known */
	uint64_t duration_ns;
	struct report_device *devices;	/* by address */
	size_t ndevices;
	struct time_buckets *time_buckets;	/* one an SMMU that had CMD_SYNCs; none if not asked for */
	size_t ntime_buckets;
	struct atcq_event *events;	/* in the order in which they came; none if not asked for */
	size_t nevents;
	uint64_t events_left_out;
	struct tracker_totals totals;
	struct source_counters counters;
	struct report_syncs *syncs;
	size_t nsyncs;
	struct report_atc *atc;		/* only from sources that count so */
	size_t natc;
	struct samples latency[LAT_MAX];
	struct samples errors;		/* CMDQ errors per incident */
	struct incident *incidents;	/* all that closed, then those still open */
	size_t n, capacity, open;
	bool settled;			/* nothing may be added any more */
	uint64_t omitted;		/* of them, those in the middle that are not in the list */
	uint64_t dropped;		/* no memory to keep them */
	bool has_invariants;		/* the following is known */
	struct report_invariant invariant[INV_MAX];
	struct violation *violation;
	size_t nviolations;
	const char *db;			/* file of the history that this is from, borrowed, or NULL */
	struct report_boot *boots;	/* of a history, see incident.boot */
	size_t nboots;
	uint64_t incidents_lost;	/* that the history could not keep */
};

/* Memory is bounded: beyond these, the first and the last half are kept, and statistics sampled */
#define REPORT_INCIDENTS	10000
#define REPORT_SAMPLES		65536

/* An incident that was closed, or is open at the end; counted in dropped if it does not fit. A cleared suspect is none */
void report__add(struct report *r, const struct incident *inc);
int report__add_syncs(struct report *r, uint32_t smmu, const struct atcq_hist *hist);	/* 0 or -ENOMEM */
void report__add_event(struct report *r, const struct atcq_event *ev);
int report__add_devices(struct report *r, const struct inventory *inv);	/* as they are at the start; 0 or -ENOMEM */
void report__end_devices(struct report *r, const struct inventory *inv);	/* as they are at the end */
/* Puts the incidents in the order in which they were added; report__write() does it */
void report__settle(struct report *r);
int report__add_atc(struct report *r, const struct report_atc *atc);	/* 0 or -ENOMEM */
struct report_boot *report__add_boot(struct report *r);	/* zeroed; NULL: out of memory */
/* If all is of one boot: which, and from when to when */
void report__span_of_boot(struct report *r);
void report__free(struct report *r);

/* The results of the invariants: each violation, and at the end the verdicts */
void report__add_violation(struct report *r, const struct violation *v);
void report__set_invariants(struct report *r, const struct invariants *c);
/* Of all together: violated, not checked, or held */
enum invariant_verdict report__verdict(const struct report *r);

uint64_t report__lost(const struct report *r);	/* events and incidents that are missing */
uint64_t report__end_ns(const struct report *r);
const struct report_device *report__device(const struct report *r, uint32_t segment, uint32_t addr);	/* or NULL */

/* The boot and kernel of an incident, and its wall clock time */
const char *report__boot_id(const struct report *r, const struct incident *inc);
const char *report__kernel(const struct report *r, const struct incident *inc);
void report__wall_of(const struct report *r, const struct incident *inc, uint64_t boottime_ns, char out[32]);

/* CLOCK_BOOTTIME as "2026-11-25T15:56:23.123456789Z", "" if the wall clock is not known */
void report__wall(const struct report *r, uint64_t boottime_ns, char out[32]);

/* The quantiles that all formats show; false: too few samples for this one */
#define REPORT_QUANTILES 5
extern const unsigned int report_percents[REPORT_QUANTILES];
extern const char *const report_quantiles[REPORT_QUANTILES];
bool report__enough(unsigned int percent, uint64_t n);

int report__text(FILE *out, struct report *r);
int report__json(FILE *out, struct report *r);
int report__csv(FILE *out, struct report *r);
int report__html(FILE *out, struct report *r);
int report__perfetto(FILE *out, struct report *r);

#endif
