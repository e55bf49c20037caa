// SPDX-License-Identifier: GPL-2.0-only
#include "history.h"
#include "lib/file.h"
#include "report.h"
#include "sink/sink.h"

static json_t *quantiles(struct samples *s)
{
	json_t *obj = json_object();

	json_object_set_new(obj, "count", json_integer(s->seen));
	for (int i = 0; i < REPORT_QUANTILES; i++)
		json_object_set_new(obj, report_quantiles[i], report__enough(report_percents[i], s->n) ?
				    json_integer(samples__quantile(s, report_percents[i])) : json_null());
	return obj;
}

static json_t *syncs(const struct report *r)
{
	json_t *list = json_array();

	for (size_t i = 0; i < r->nsyncs; i++) {
		const struct atcq_hist *h = &r->syncs[i].hist;

		json_array_append_new(list, json_pack("{s:i, s:I, s:I, s:I, s:I, s:o, s:I}",
			"smmu", (int)r->syncs[i].smmu, "count", (json_int_t)h->count,
			"failed", (json_int_t)h->failed, "sum_ns", (json_int_t)h->sum_ns,
			"p50_ns", (json_int_t)hist__quantile(h, 50),
			"p99_ns", report__enough(99, h->count) ? json_integer(hist__quantile(h, 99)) : json_null(),
			"max_ns", (json_int_t)h->max_ns));
	}
	return list;
}

static json_t *atc_invs(const struct report *r)
{
	json_t *list = json_array();

	for (size_t i = 0; i < r->natc; i++)
		json_array_append_new(list, json_pack("{s:s, s:I, s:I, s:I}",
			"device", r->atc[i].device, "smmu", (json_int_t)r->atc[i].smmu,
			"sid", (json_int_t)r->atc[i].sid, "count", (json_int_t)r->atc[i].n));
	return list;
}

static json_t *totals(const struct report *r)
{
	const struct tracker_totals *t = &r->totals;

	return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}",
		"incidents", (json_int_t)t->incidents, "injected", (json_int_t)t->injected,
		"recovered", (json_int_t)t->recovered, "removed", (json_int_t)t->removed,
		"innocents", (json_int_t)t->innocents,
		"open", (json_int_t)r->open,
		"atc_timeouts", (json_int_t)t->atc_timeouts, "cmdq_errors", (json_int_t)t->cmdq_errors,
		"gerrors", (json_int_t)r->counters.gerrors,
		"resets_ok", (json_int_t)t->resets_ok, "resets_failed", (json_int_t)t->resets_failed,
		"syncs_delayed", (json_int_t)t->syncs_delayed,
		"sync_delay_ns", (json_int_t)t->sync_delay_ns);
}

int report__json(FILE *out, struct report *r)
{
	json_t *root = json_object(), *lat = json_object(), *list = json_array();

	json_object_set_new(root, "version", json_integer(1));
	json_object_set_new(root, "kernel", json_string(r->kernel));
	json_object_set_new(root, "source", json_string(r->source));
	json_object_set_new(root, "boot_id", json_string(r->boot_id));
	json_object_set_new(root, "atcq", json_string(r->version ? r->version : ""));
	json_object_set_new(root, "host", json_string(r->host));
	if (r->command)
		json_object_set_new(root, "command", json_string(r->command));
	json_object_set_new(root, "start_ns", json_integer(r->start_ns));
	if (r->wall_offset_ns)
		json_object_set_new(root, "wall_offset_ns", json_integer(r->wall_offset_ns));
	json_object_set_new(root, "duration_ns", json_integer(r->duration_ns));
	json_object_set_new(root, "totals", totals(r));
	json_object_set_new(root, "atc_invs", json_integer(r->counters.atc_invs));
	json_object_set_new(root, "atc_invs_by_device", atc_invs(r));
	json_object_set_new(root, "atc_invs_suppressed", json_integer(r->counters.atc_suppressed));
	json_object_set_new(root, "events", json_integer(r->counters.events));
	json_object_set_new(root, "events_lost", json_integer(report__lost(r)));
	json_object_set_new(root, "cmd_syncs", syncs(r));
	for (int l = 0; l < LAT_MAX; l++)
		json_object_set_new(lat, latency__name(l), quantiles(&r->latency[l]));
	json_object_set_new(root, "latency_ns", lat);
	json_object_set_new(root, "cmdq_errors_per_incident", quantiles(&r->errors));
	for (size_t i = 0; i < r->n; i++)
		json_array_append_new(list, r->db ? history__json_incident(r, &r->incidents[i]) :
						   json__incident(&r->incidents[i], r->boot_id));
	json_object_set_new(root, "incidents", list);
	json_object_set_new(root, "incidents_omitted", json_integer(r->omitted));
	json_object_set_new(root, "invariants", r->judged ? report__invariants_json(r) : json_null());
	if (r->db)
		history__json(root, r);
	return json__line(out, root);
}
