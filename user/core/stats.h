/* SPDX-License-Identifier: GPL-2.0-only */
/* Samples and what is said of them; pure C. */
#ifndef ATCQ_STATS_H
#define ATCQ_STATS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <atcq/hist.h>

/* Fewer samples than this say nothing about the one in a hundred */
#define STATS_P99_MIN 100

/*
 * All that were added, or if there are more than @limit, so many of them, each
 * with the same chance to be among them: a quantile is then off by less than
 * half a percent of the ranks. The smallest and the largest are always exact.
 */
struct samples {
	uint64_t *v;
	size_t n, room;
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

/* "1.234 ms": three digits behind the point at most, and a unit that fits */
void format_ns(uint64_t ns, char *out, size_t len);

#endif
