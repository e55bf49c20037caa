// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "slices.h"

_Static_assert(SLICES_MAX % 2 == 0, "slices are merged in pairs");
_Static_assert(ATCQ_HIST_BUCKETS % SLICE_ROW_BUCKETS == 0, "rows have whole buckets");

void slices__begin(struct slices *s, uint32_t smmu, uint64_t start_ns, const struct atcq_hist *seen)
{
	memset(s, 0, sizeof(*s));
	s->smmu = smmu;
	s->width_ns = SLICES_FIRST_NS;
	s->end_ns = start_ns;
	if (seen)
		s->seen = *seen;
}

bool slices__due(const struct slices *s, uint64_t now_ns)
{
	return now_ns >= s->end_ns + s->width_ns;
}

static void merge_pairs(struct slices *s)
{
	for (size_t i = 0; i < s->n / 2; i++) {
		struct slice *into = &s->v[i];
		const struct slice *second = &s->v[2 * i + 1];

		*into = s->v[2 * i];
		into->end_ns = second->end_ns;
		into->count += second->count;
		into->failed += second->failed;
		for (unsigned int row = 0; row < SLICE_ROWS; row++)
			into->row[row] += second->row[row];
	}
	s->n /= 2;
	/* As long as the others are by now, however late they were cut */
	s->width_ns = (s->end_ns - s->v[0].start_ns) / s->n;
}

/* CPUs go on while their counters are read one after the other: nothing becomes less */
static uint64_t gained(uint64_t total, uint64_t seen)
{
	return total > seen ? total - seen : 0;
}

void slices__add(struct slices *s, uint64_t end_ns, const struct atcq_hist *total)
{
	struct slice *next;

	if (end_ns <= s->end_ns)
		return;
	if (s->n == SLICES_MAX)
		merge_pairs(s);
	next = &s->v[s->n++];
	memset(next, 0, sizeof(*next));
	next->start_ns = s->end_ns;
	next->end_ns = end_ns;
	next->count = gained(total->count, s->seen.count);
	next->failed = gained(total->failed, s->seen.failed);
	for (unsigned int i = 0; i < ATCQ_HIST_BUCKETS; i++)
		next->row[i / SLICE_ROW_BUCKETS] += gained(total->bucket[i], s->seen.bucket[i]);
	s->seen = *total;
	s->end_ns = end_ns;
}

uint64_t slice__row_lower(unsigned int row)
{
	return atcq_hist_lower(row * SLICE_ROW_BUCKETS);
}
