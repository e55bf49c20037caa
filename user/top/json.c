// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>

#include "core/stats.h"
#include "lib/file.h"
#include "report/lines.h"
#include "source/kernel.h"
#include "top.h"

static json_t *devices(const struct top *t)
{
	json_t *list = json_array();

	for (size_t i = 0; i < t->nrow; i++) {
		const struct top_row *r = &t->row[i];

		json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:s, s:i, s:s, s:o}",
			"device", r->dev.bdf, "name", r->dev.name, "state", device__state_name(&r->dev),
			"ats", ats_state__name(r->dev.ats), "incidents", (int)r->incidents,
			"armed", r->armed, "last_incident",
			r->had_incident ? json__incident(&r->last, boot_id()) : json_null()));
	}
	return list;
}

static json_t *smmus(const struct top *t)
{
	json_t *list = json_array();

	for (size_t i = 0; i < t->nsmmu; i++) {
		const struct top_smmu *s = &t->smmu[i];

		json_array_append_new(list, json_pack("{s:i, s:I, s:I, s:o, s:o}",
			"smmu", (int)s->smmu, "cmd_syncs", (json_int_t)s->count,
			"failed", (json_int_t)s->failed,
			"p50_ns", s->count ? json_integer(s->p50_ns) : json_null(),
			"p99_ns", s->count >= STATS_P99_MIN ? json_integer(s->p99_ns) : json_null()));
	}
	return list;
}

int top__json(FILE *out, const struct top *t)
{
	const struct source_counters *c = &t->counters;

	return json__line(out, json_pack("{s:I, s:I, s:o, s:o, s:I, s:I, s:I, s:I, s:I, s:f}",
		"time_ns", (json_int_t)t->taken_ns, "interval_ns", (json_int_t)t->interval_ns,
		"smmus", smmus(t), "devices", devices(t),
		"incidents", (json_int_t)t->incidents, "open", (json_int_t)t->open,
		"atc_invs", (json_int_t)t->atc_invs, "events", (json_int_t)c->events,
		"events_lost", (json_int_t)(c->lost_ringbuf + c->lost_other), "own_cpu", t->own_cpu));
}
