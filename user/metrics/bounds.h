/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Histograms of durations by the bounds of Prometheus' native histograms, schema 2:
 * bucket i ends at, and has, 2^(i/4) seconds. The classic buckets of the text formats
 * use some of the same bounds, so that both say the same.
 */
#ifndef ATCQ_METRICS_BOUNDS_H
#define ATCQ_METRICS_BOUNDS_H

#include <stddef.h>
#include <stdint.h>

#include <atcq/hist.h>

#define BOUNDS_SCHEMA	2
#define BOUNDS_FIRST	(-120)	/* 2^-30 s, below 1 ns */
#define BOUNDS_LAST	96	/* 2^24 s, 194 days; what takes longer is in it, too */
#define BOUNDS_N	(BOUNDS_LAST - BOUNDS_FIRST + 1)
#define BOUNDS_TEXT	32

/* Classic buckets: every @stride-th bound from @first to @last; then +Inf */
struct bounds { int first, last, stride; };

extern const struct bounds bounds_sync, bounds_incident;

static inline size_t bounds__count(const struct bounds *b)
{
	return (b->last - b->first) / b->stride + 1;
}

/* In seconds, and as le says it: the shortest decimal that is the same number, "1.0" */
double bounds__seconds(int index);
const char *bounds__text(int index);

/* The bucket of a duration; 0 ns has none */
int bounds__index(uint64_t ns);

struct durations {
	uint64_t count, sum_ns;
	uint64_t zero;			/* took 0 ns */
	uint64_t bucket[BOUNDS_N];	/* from BOUNDS_FIRST on */
};

void durations__add(struct durations *d, uint64_t ns);

/*
 * From the kernel's histogram, replacing what was there. One of its fine buckets (3 %
 * wide) that a bound goes through is counted above the bound; its last, 67 s and
 * more, as 76 s.
 */
void durations__from_hist(struct durations *d, const struct atcq_hist *h);

#endif
