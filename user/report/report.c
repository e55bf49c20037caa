// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>

#include "report.h"

const unsigned int report_percents[REPORT_QUANTILES] = { 0, 50, 90, 99, 100 };
const char *const report_quantiles[REPORT_QUANTILES] = { "min", "p50", "p90", "p99", "max" };

bool report__enough(unsigned int percent, uint64_t n)
{
	return n && (percent != 99 || n >= STATS_P99_MIN);
}

static void keep(struct report *r, const struct incident *inc)
{
	if (r->n == r->room) {
		size_t room = r->room ? r->room * 2 : 32;
		struct incident *grown = realloc(r->incidents, room * sizeof(*grown));

		if (!grown) {
			r->dropped++;
			return;
		}
		r->incidents = grown;
		r->room = room;
	}
	r->incidents[r->n++] = *inc;
	r->open += !inc->closed;
}

void report__add(struct report *r, const struct incident *inc)
{
	uint64_t ns;

	for (int l = 0; l < LAT_MAX; l++)
		if (incident__latency(inc, l, &ns) && samples__add(&r->latency[l], ns))
			r->dropped++;
	if (!inc->at_start && samples__add(&r->errors, inc->cmdq_errors))
		r->dropped++;
	keep(r, inc);
}

int report__add_syncs(struct report *r, uint32_t smmu, const struct atcq_hist *hist)
{
	struct report_syncs *grown = realloc(r->syncs, (r->nsyncs + 1) * sizeof(*grown));

	if (!grown)
		return -ENOMEM;
	r->syncs = grown;
	r->syncs[r->nsyncs].smmu = smmu;
	r->syncs[r->nsyncs++].hist = *hist;
	return 0;
}

uint64_t report__lost(const struct report *r)
{
	return r->counters.lost_ringbuf + r->counters.lost_other + r->totals.dropped + r->dropped;
}

void report__free(struct report *r)
{
	for (int l = 0; l < LAT_MAX; l++)
		samples__free(&r->latency[l]);
	samples__free(&r->errors);
	free(r->incidents);
	free(r->syncs);
}
