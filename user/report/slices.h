/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How long the CMD_SYNCs of one SMMU took, over time: a bounded number of slices
 * of time, each with a coarse histogram. When there are too many, neighbours are
 * merged and slices become twice as long. Pure C.
 */
#ifndef ATCQ_SLICES_H
#define ATCQ_SLICES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <atcq/hist.h>

#define SLICES_MAX	240
#define SLICES_FIRST_NS	100000000ull	/* length of a slice at first */
/* A row is half an octave, below 64 ns a quarter of what is there */
#define SLICE_ROW_BUCKETS 16
#define SLICE_ROWS	(ATCQ_HIST_BUCKETS / SLICE_ROW_BUCKETS)

struct slice {
	uint64_t start_ns, end_ns;	/* CLOCK_BOOTTIME; next to each other without a gap */
	uint64_t count, failed;
	uint64_t row[SLICE_ROWS];
};

struct slices {
	uint32_t smmu;
	uint64_t width_ns;		/* how long the next one should be */
	uint64_t end_ns;		/* of the last one */
	size_t n;
	struct slice v[SLICES_MAX];
	struct atcq_hist seen;		/* what was counted until end_ns */
};

/* From @start_ns on; @seen: what had been counted then, NULL: nothing */
void slices__begin(struct slices *s, uint32_t smmu, uint64_t start_ns, const struct atcq_hist *seen);

/* Is the next slice over? */
bool slices__due(const struct slices *s, uint64_t now_ns);

/* The next slice ends at @end_ns, when @total had been counted in all */
void slices__add(struct slices *s, uint64_t end_ns, const struct atcq_hist *total);

/* The shortest duration of @row, in ns */
uint64_t slice__row_lower(unsigned int row);

#endif
