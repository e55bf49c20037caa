/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How much more or less a metric is: the interval of a ratio of two means, over boots.
 * One number a boot goes in, since what is measured twice in one boot says nothing of
 * the next boot.  Pure.
 */
#ifndef ATCQ_GATE_RATIO_H
#define ATCQ_GATE_RATIO_H

#include <stdbool.h>
#include <stddef.h>

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

/* The same for however many values, in whatever order */
struct moments moments__of(const double *v, size_t n);

/* Standard deviation as a part of the mean, 0 if that is 0 */
double moments__noise(const struct moments *m);

/*
 * The interval that holds the ratio of the means with probability 1 - @alpha, by
 * Welch's method: the two need not vary alike.  @base has to have varied around zero,
 * or not at all, for RATIO_FROM_ZERO and RATIO_BOTH_ZERO.
 */
struct ratio ratio__of(const struct moments *base, const struct moments *now, double alpha);

/*
 * Whether so many boots can be told apart at all: if both sides were the same, how
 * they are ordered is chance, and that all of one come before all of the other
 * has to be less probable than @alpha.  This holds whatever the values are: the
 * interval alone would call two boots that happen to agree to the instruction certain.
 */
bool ratio__enough_boots(size_t base, size_t now, double alpha);

/* The least number of boots of each side that is enough */
size_t ratio__least_boots(double alpha);

#endif
