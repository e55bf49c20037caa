/* SPDX-License-Identifier: GPL-2.0-only */
/* What a recording keeps besides events, as records: clocks, counters, histograms. */
#ifndef ATCQ_RECORD_STATE_H
#define ATCQ_RECORD_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <atcq/hist.h>
#include <atcq/recording.h>

/* The three clocks, now */
void state__clock(struct atcq_rec_clock *out);

/* A histogram's record is at most this long */
#define STATE_HIST_MAX (sizeof(struct atcq_rec_hist) + ATCQ_HIST_BUCKETS * sizeof(struct atcq_rec_bucket))

/* Writes a record of @h to @out, which has STATE_HIST_MAX bytes; returns its size */
size_t state__hist_encode(const struct atcq_hist *h, uint32_t smmu, uint64_t time_ns, void *out);

/* false: it is none, or says what cannot be */
bool state__hist_decode(const struct atcq_rec_prefix *rec, struct atcq_hist *h, uint32_t *smmu,
			uint64_t *time_ns);

#endif
