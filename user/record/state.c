// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "lib/clock.h"
#include "records.h"
#include "state.h"

/* What version 1 of the record had */
#define HIST_LEAST	64

void state__clock(struct atcq_rec_clock *out)
{
	*out = (struct atcq_rec_clock){
		.prefix = { ATCQ_REC_RECORD_VERSION, ATCQ_REC_CLOCK, sizeof(*out) },
		.boottime_ns = clock__boottime_ns(),
		.realtime_ns = clock__realtime_ns(),
		.monotonic_ns = clock__monotonic_ns(),
	};
}

size_t state__hist_encode(const struct atcq_hist *h, uint32_t smmu, uint64_t time_ns, void *out)
{
	struct atcq_rec_hist *rec = out;
	struct atcq_rec_bucket *bucket = (void *)(rec + 1);

	*rec = (struct atcq_rec_hist){
		.prefix = { ATCQ_REC_RECORD_VERSION, ATCQ_REC_HIST, sizeof(*rec) },
		.time_ns = time_ns, .smmu = smmu, .first = sizeof(*rec), .count = h->count,
		.sum_ns = h->sum_ns, .max_ns = h->max_ns, .failed = h->failed,
		.disturbed = h->disturbed, .disturbed_ns = h->disturbed_ns,
	};
	for (uint32_t i = 0; i < ATCQ_HIST_BUCKETS; i++) {
		if (!h->bucket[i])
			continue;
		*bucket++ = (struct atcq_rec_bucket){ .index = i, .count = h->bucket[i] };
		rec->buckets++;
		rec->prefix.size += sizeof(*bucket);
	}
	return rec->prefix.size;
}

bool state__hist_decode(const struct atcq_rec_prefix *rec, struct atcq_hist *h, uint32_t *smmu,
			uint64_t *time_ns)
{
	struct atcq_rec_bucket bucket;
	struct atcq_rec_hist head;

	if (!record__get(rec, ATCQ_REC_HIST, &head, sizeof(head), HIST_LEAST) ||
	    head.first < HIST_LEAST || head.first > rec->size ||
	    head.buckets > (rec->size - head.first) / sizeof(bucket))
		return false;
	memset(h, 0, sizeof(*h));
	h->count = head.count;
	h->sum_ns = head.sum_ns;
	h->max_ns = head.max_ns;
	h->failed = head.failed;
	if (head.first >= sizeof(head)) {
		h->disturbed = head.disturbed;
		h->disturbed_ns = head.disturbed_ns;
	}
	for (uint32_t i = 0; i < head.buckets; i++) {
		memcpy(&bucket, (const uint8_t *)rec + head.first + i * sizeof(bucket), sizeof(bucket));
		if (bucket.index >= ATCQ_HIST_BUCKETS)
			return false;
		h->bucket[bucket.index] = bucket.count;
	}
	*smmu = head.smmu;
	*time_ns = head.time_ns;
	return true;
}
