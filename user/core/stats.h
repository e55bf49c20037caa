/* SPDX-License-Identifier: GPL-2.0-only */
/* Samples: quantiles, means and intervals. No I/O. */
#ifndef ATCQ_CORE_STATS_H
#define ATCQ_CORE_STATS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <atcq/hist.h>

/* A p99 needs at least this many samples */
#define STATS_P99_MIN 100

/*
 * All samples, or a random selection of @limit if there are more; each sample has the
 * same chance. A quantile is then off by less than half a percent of the ranks. The
 * smallest and the largest are always exact.
 */
struct samples {
	uint64_t *v;
	size_t n, capacity;
	size_t limit;		/* 0 = none; to be set before the first is added */
	uint64_t seen;		/* added in all */
	uint64_t min, max;
	uint64_t chance;	/* state of a generator: the same input gives the same output */
	bool sorted;
};

int samples__add(struct samples *s, uint64_t value);	/* 0 or -ENOMEM */
void samples__free(struct samples *s);

/* Nearest rank: the smallest value that at least @percent of the samples reach; 0 if none */
uint64_t samples__quantile(struct samples *s, unsigned int percent);

/* The same from a histogram, as the lower bound of the bucket it falls into */
uint64_t hist__quantile(const struct atcq_hist *h, unsigned int percent);

/* Student's t distribution: P(T <= t) with @df > 0 degrees of freedom, which need not be a whole number */
double student__cdf(double t, double df);

/* The t of which P(T <= t) is @p, 0.5 <= p < 1 */
double student__quantile(double p, double df);

/*
 * The number of ways in which the ranks of two groups can be mixed, as a natural
 * logarithm: ln((n + m)! / (n! m!))
 */
double log_choices(unsigned long n, unsigned long m);

/*
 * How a metric changed: the confidence interval of the ratio of two means, over boots.
 * Each boot gives one number, since two measurements of one boot are not independent.
 */
struct moments {
	size_t n;
	double mean, sd;	/* sd: of the sample, 0 if n < 2 */
};

enum ratio_kind {
	RATIO_NONE,		/* too few boots for any interval */
	RATIO_INTERVAL,
	RATIO_BOTH_ZERO,	/* 0 before, 0 now */
	RATIO_FROM_ZERO,	/* 0 before, now not: a ratio would be infinite */
};

struct ratio {
	enum ratio_kind kind;
	double value, low, high;	/* RATIO_INTERVAL: new/base, 1 = the same */
};

/* Independent of the order of the values */
struct moments moments__of(const double *v, size_t n);

/* Standard deviation as a part of the mean, 0 if that is 0 */
double moments__noise(const struct moments *m);

/*
 * The interval that holds the ratio of the means with probability 1 - @alpha, by
 * Welch's method: the variances may differ.  A mean of @base that is not positive gives
 * RATIO_FROM_ZERO or RATIO_BOTH_ZERO.
 */
struct ratio ratio__of(const struct moments *base, const struct moments *now, double alpha);

/*
 * Can this number of boots show a difference at all?  If both sides are the same, their
 * order is random, and the probability that all boots of one side come before all of
 * the other must be below @alpha.  This is independent of the values: by its interval
 * alone, two boots with equal instruction counts would be certain.
 */
bool ratio__enough_boots(size_t base, size_t now, double alpha);

/* The smallest number of boots per side that is enough */
size_t ratio__least_boots(double alpha);

#endif
