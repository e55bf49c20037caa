/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The parts of the HTML report: internal to user/report. What it looks like is
 * in page.html and report.css, which the build puts into the program.
 *
 * Positions along the time axis are percentages, so that a figure is as wide as
 * its page and its text stays as large as all text.
 */
#ifndef ATCQ_REPORT_HTML_H
#define ATCQ_REPORT_HTML_H

#include "core/stats.h"
#include "lib/clock.h"
#include "report.h"

/* What a page can hold so that it still opens; the page mentions what is left out */
#define HTML_INCIDENTS_MAX	1000
#define HTML_INCIDENTS_OPEN	50	/* rows that are not folded away */
#define HTML_LANES_MAX		60
#define HTML_DEVICES_MAX	200
#define HTML_HEATS_MAX		8

struct page {
	FILE *out;
	struct report *r;
	uint64_t from_ns, to_ns;	/* the time axis; from < to */
	size_t first;			/* of the incidents that are shown: the last ones */
};

/* One part of page.html each */
void html__timeline(const struct page *p);
void html__heat(const struct page *p);
void html__cdfs(const struct page *p);
void html__incidents(const struct page *p);
void html__devices(const struct page *p);

/* "12,345" */
void html__count(FILE *out, uint64_t n);

/* A duration; digits and units of those below each other line up, except for DURATION_LONG */
void html__duration(FILE *out, uint64_t ns, enum duration_style style);

/* "1 incident", "12,345 incidents" */
void html__plural(FILE *out, uint64_t n, const char *one, const char *many);

/* Where on the time axis, in percent, cut off at its ends */
double page__at(const struct page *p, uint64_t ns);

/* Where the ticks of the time axis are: lines without text for a figure, with text for the axis */
void html__time_grid(const struct page *p);
void html__time_axis(const struct page *p);

/* "0000:01:00.0", or "unknown" */
void html__bdf(const struct incident *inc, char out[16]);

/* Text that a pointer on an incident shows: <title> */
void html__incident_title(const struct page *p, const struct incident *inc);

/* The arithmetic of axes and distributions. A logarithmic axis of durations, from 10^lo to 10^hi ns */
struct log_axis {
	int lo, hi;
};

/* The decades that hold @min to @max ns, at least one, never below 1 ns */
struct log_axis log_axis__around(uint64_t min_ns, uint64_t max_ns);

/* Where @ns lies, 0 to 1; what is beyond an end lies at it */
double log_axis__at(const struct log_axis *a, uint64_t ns);

/* 1, 2 or 5 times a power of ten (from a minute on: of minutes, hours), for @most ticks at most in @span_ns */
uint64_t time_axis__step(uint64_t span_ns, unsigned int most);

/* "250 ms", "1 µs": a round duration, as ticks have it */
void format_tick(uint64_t ns, char *out, size_t len);

struct cdf_point {
	uint64_t value;
	uint64_t rank;	/* so many samples are not above it */
};

/*
 * The distribution function as steps: the values that occur, in order, each with
 * its rank. More than @most (at least 2) are thinned out to even ranks, with the
 * least and the greatest always among them. The number of points.
 */
size_t cdf__points(struct samples *s, struct cdf_point *out, size_t most);

#endif
