/* SPDX-License-Identifier: GPL-2.0-only */
/* The arithmetic of axes and distributions; pure C. */
#ifndef ATCQ_PLOT_H
#define ATCQ_PLOT_H

#include "core/stats.h"

/* A logarithmic axis of durations, from 10^lo to 10^hi ns */
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
