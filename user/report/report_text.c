// SPDX-License-Identifier: GPL-2.0-only
/* A report as text, as JSON and as CSV. */
#include <stdlib.h>

#include "lib/clock.h"
#include "lib/file.h"
#include "lines.h"
#include "report.h"

static void latency_row(FILE *out, const char *name, struct samples *s)
{
	char text[32];

	fprintf(out, "  %-12s %6llu", name, (unsigned long long)s->seen);
	for (int i = 0; i < REPORT_QUANTILES; i++) {
		if (report__enough(report_percents[i], s->n))
			duration__format(samples__quantile(s, report_percents[i]), DURATION_EXACT, text, sizeof(text));
		else
			snprintf(text, sizeof(text), "-");
		fprintf(out, " %12s", text);
	}
	fprintf(out, "\n");
}

static void sync_row(FILE *out, const struct report_syncs *s)
{
	const struct atcq_hist *h = &s->hist;
	bool p99 = report__enough(99, h->count);
	char p50[32], p99_text[32], max[32];

	duration__format(hist__quantile(h, 50), DURATION_EXACT, p50, sizeof(p50));
	duration__format(hist__quantile(h, 99), DURATION_EXACT, p99_text, sizeof(p99_text));
	duration__format(h->max_ns, DURATION_EXACT, max, sizeof(max));
	fprintf(out, "CMD_SYNCs      %llu at SMMU %u, %llu failed; p50 %s%s%s, max %s\n",
		(unsigned long long)h->count, s->smmu, (unsigned long long)h->failed, p50,
		p99 ? ", p99 " : "", p99 ? p99_text : "", max);
}

static void totals(FILE *out, struct report *r)
{
	const struct tracker_totals *t = &r->totals;
	char lost[32];

	fprintf(out, "atcq report    %.3f s, source: %s, Linux %s\n", r->duration_ns / 1e9,
		r->source, r->kernel);
	fprintf(out, "incidents      %llu: %llu recovered, %llu removed, %zu open; %llu injected\n",
		(unsigned long long)t->incidents, (unsigned long long)t->recovered,
		(unsigned long long)t->removed, r->open, (unsigned long long)t->injected);
	if (t->cleared)
		fprintf(out, "suspects       %llu more answered when they were asked alone\n",
			(unsigned long long)t->cleared);
	fprintf(out, "timeouts       %llu; CMDQ errors %llu", (unsigned long long)t->atc_timeouts,
		(unsigned long long)t->cmdq_errors);
	if (r->errors.n)
		fprintf(out, ", per incident: min %llu, p50 %llu, max %llu",
			(unsigned long long)samples__quantile(&r->errors, 0),
			(unsigned long long)samples__quantile(&r->errors, 50),
			(unsigned long long)samples__quantile(&r->errors, 100));
	fprintf(out, "\nresets         %llu ok, %llu failed\n", (unsigned long long)t->resets_ok,
		(unsigned long long)t->resets_failed);
	fprintf(out, "ATC_INVs       %llu issued, %llu suppressed\n",
		(unsigned long long)r->counters.atc_invs,
		(unsigned long long)r->counters.atc_suppressed);
	for (size_t i = 0; i < r->natc; i++)
		fprintf(out, "               %llu of %s (SMMU %u, Stream ID 0x%x)\n",
			(unsigned long long)r->atc[i].n, r->atc[i].device, r->atc[i].smmu, r->atc[i].sid);
	if (t->syncs_delayed) {
		duration__format(t->sync_delay_ns, DURATION_EXACT, lost, sizeof(lost));
		fprintf(out, "others         %llu CMD_SYNC(s) waited for errors, %s more in all than undelayed ones\n",
			(unsigned long long)t->syncs_delayed, lost);
	}
	for (size_t i = 0; i < r->nsyncs; i++)
		sync_row(out, &r->syncs[i]);
	fprintf(out, "events         %llu, %llu lost\n", (unsigned long long)r->counters.events,
		(unsigned long long)report__lost(r));
}

static void history__text_head(FILE *out, struct report *r)
{
	const struct tracker_totals *t = &r->totals;

	fprintf(out, "atcq report    history in %s, %zu boot(s)\n", r->db, r->nboots);
	fprintf(out, "incidents      %llu: %llu recovered, %llu removed, %zu open; %llu injected\n",
		(unsigned long long)t->incidents, (unsigned long long)t->recovered,
		(unsigned long long)t->removed, r->open, (unsigned long long)t->injected);
	if (r->incidents_lost)
		fprintf(out, "lost           %llu more: the history could not be written\n",
			(unsigned long long)r->incidents_lost);
	fprintf(out, "timeouts       %llu; CMDQ errors %llu\n", (unsigned long long)t->atc_timeouts,
		(unsigned long long)t->cmdq_errors);
	fprintf(out, "resets         %llu ok, %llu failed\n", (unsigned long long)t->resets_ok,
		(unsigned long long)t->resets_failed);
}

/* Below its incident, if it is of one incident only */
static int history__text_incident(FILE *out, const struct report *r, const struct incident *inc)
{
	const struct report_boot *b = inc->boot < r->nboots ? &r->boots[inc->boot] : NULL;
	int ret = text__incident(out, inc, report__boot_id(r, inc));
	char started[32];

	utc__format(inc->opened_utc_ns, started);
	if (!ret)
		fprintf(out, "  %-12s %s, Linux %s\n", "began", started, b ? b->kernel : "?");
	return ret;
}

static void history__text_events(FILE *out, const struct report *r)
{
	uint64_t origin = r->n ? incident__origin(&r->incidents[0]) : 0;

	if (!r->nevents && !r->events_left_out)
		return;
	fprintf(out, "\n  %zu event(s)", r->nevents);
	if (r->events_left_out)
		fprintf(out, ", %llu left out", (unsigned long long)r->events_left_out);
	fprintf(out, "\n");
	for (size_t i = 0; i < r->nevents; i++)
		text__event(out, &r->events[i], origin);
}

/* Their parts about the invariants */
static void report__invariants_text(FILE *out, const struct report *r)
{
	if (!r->has_invariants)
		return;
	fprintf(out, "\n  %-16s %-11s %9s\n", "invariant", "", "occasions");
	for (int i = 0; i < INV_MAX; i++)
		fprintf(out, "  %-16s %-11s %9llu  %s\n", invariant__name(i),
			invariant_verdict__name(r->invariant[i].verdict),
			(unsigned long long)r->invariant[i].checked, invariant__about(i));
	for (size_t i = 0; i < r->nviolations; i++)
		text__violation(out, &r->violation[i]);
}

int report__text(FILE *out, struct report *r)
{
	int ret = 0;

	if (r->db)
		history__text_head(out, r);
	else
		totals(out, r);
	fprintf(out, "\n  %-12s %6s", "latency", "count");
	for (int i = 0; i < REPORT_QUANTILES; i++)
		fprintf(out, " %12s", report_quantiles[i]);
	fprintf(out, "\n");
	for (int l = 0; l < LAT_MAX; l++)
		latency_row(out, latency__name(l), &r->latency[l]);
	report__invariants_text(out, r);
	for (size_t i = 0; !ret && i < r->n; i++) {
		if (r->omitted && i == r->n / 2)
			fprintf(out, "\n... %llu incidents are omitted here\n",
				(unsigned long long)r->omitted);
		fprintf(out, "\n");
		ret = r->db ? history__text_incident(out, r, &r->incidents[i]) :
			      text__incident(out, &r->incidents[i], r->boot_id);
	}
	if (!ret && r->db)
		history__text_events(out, r);
	return ret ? ret : file__flush(out);
}

/* Adds to the report's object, and to that of an incident */
static json_t *history__json_incident(const struct report *r, const struct incident *inc)
{
	json_t *obj = json__incident(inc, report__boot_id(r, inc));
	char started[32];

	utc__format(inc->opened_utc_ns, started);
	json_object_set_new(obj, "began_utc", json_string(started));
	json_object_set_new(obj, "boot_id", json_string(report__boot_id(r, inc)));
	if (inc->boot < r->nboots) {
		json_object_set_new(obj, "kernel", json_string(r->boots[inc->boot].kernel));
		json_object_set_new(obj, "host", json_string(r->boots[inc->boot].host));
	}
	return obj;
}

static void history__json(json_t *root, const struct report *r)
{
	json_t *list = json_array();
	static const char *const unknown[] = { "atc_invs", "events", "events_lost" };

	/* A history has no counts of these */
	for (size_t i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++)
		json_object_set_new(root, unknown[i], json_null());
	json_object_set_new(root, "atc_invs_suppressed", json_integer(r->totals.suppressed));
	json_object_set_new(root, "db", json_string(r->db));
	json_object_set_new(root, "boots", json_integer(r->nboots));
	json_object_set_new(root, "incidents_lost", json_integer(r->incidents_lost));
	json_object_set_new(root, "slice_left_out", json_integer(r->events_left_out));
	for (size_t i = 0; i < r->nevents; i++)
		json_array_append_new(list, json__event(&r->events[i]));
	json_object_set_new(root, "slice", list);
}

static json_t *report__invariants_json(const struct report *r)
{
	json_t *list = json_array(), *violations = json_array();

	for (int i = 0; i < INV_MAX; i++)
		json_array_append_new(list, json_pack("{s:s, s:s, s:I, s:I, s:s}",
			"name", invariant__name(i),
			"verdict", invariant_verdict__name(r->invariant[i].verdict),
			"checked", (json_int_t)r->invariant[i].checked,
			"violated", (json_int_t)r->invariant[i].violated,
			"about", invariant__about(i)));
	for (size_t i = 0; i < r->nviolations; i++)
		json_array_append_new(violations, json__violation(&r->violation[i]));
	return json_pack("{s:o, s:o}", "list", list, "violations", violations);
}

static json_t *quantiles(struct samples *s)
{
	json_t *obj = json_object();

	json_object_set_new(obj, "count", json_integer(s->seen));
	for (int i = 0; i < REPORT_QUANTILES; i++)
		json_object_set_new(obj, report_quantiles[i],
				    json__number_or_null(report__enough(report_percents[i], s->n),
							 samples__quantile(s, report_percents[i])));
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
			"p99_ns", json__number_or_null(report__enough(99, h->count), hist__quantile(h, 99)),
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

static json_t *json_totals(const struct report *r)
{
	const struct tracker_totals *t = &r->totals;

	return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}",
		"incidents", (json_int_t)t->incidents, "injected", (json_int_t)t->injected,
		"recovered", (json_int_t)t->recovered, "removed", (json_int_t)t->removed,
		"innocents", (json_int_t)t->cleared,
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
	json_object_set_new(root, "totals", json_totals(r));
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
	json_object_set_new(root, "invariants", r->has_invariants ? report__invariants_json(r) : json_null());
	if (r->db)
		history__json(root, r);
	return json__line(out, root);
}

/* One row an incident, for spreadsheets and data frames; an empty field is what is not known. */

static void header(FILE *out)
{
	fputs("incident,device,name,driver,smmu,stream_id,group,state,open,injected,incomplete,"
	      "at_start,raised_utc", out);
	for (int p = 0; p < PHASE_MAX; p++)
		fprintf(out, ",%s_boottime_ns", phase__name(p));
	for (int l = 0; l < LAT_MAX; l++)
		fprintf(out, ",%s_ns", latency__name(l));
	fputs(",atc_timeouts,cmdq_errors,atc_invs_suppressed,resets_failed,kernel,boot_id\n", out);
}

static void text(FILE *out, const char *value)
{
	fputc(',', out);
	csv__field(out, value);
}

/* @known: else the field stays empty */
static void number(FILE *out, bool known, uint64_t value)
{
	fputc(',', out);
	if (known)
		fprintf(out, "%llu", (unsigned long long)value);
}

static void identity(FILE *out, const struct report *r, const struct incident *inc)
{
	const struct report_device *d = report__device(r, inc->segment, inc->bdf);
	char id[96], bdf[16], raised[32];

	incident__id(inc, report__boot_id(r, inc), id, sizeof(id));
	incident__bdf(inc, bdf);
	report__wall_of(r, inc, inc->phase_ns[PHASE_RAISED], raised);
	csv__field(out, id);
	text(out, inc->bdf == ATCQ_NONE ? "" : bdf);
	text(out, d ? d->dev.name : "");
	text(out, d ? d->dev.driver : "");
	number(out, inc->smmu != ATCQ_NONE, inc->smmu);
	number(out, inc->sid != ATCQ_NONE, inc->sid);
	number(out, d && d->dev.group >= 0, d ? (uint64_t)d->dev.group : 0);
	text(out, incident_state__name(inc->state));
	number(out, true, !inc->closed);
	number(out, true, inc->injected);
	number(out, true, inc->incomplete);
	number(out, true, inc->at_start);
	text(out, raised);
}

int report__csv(FILE *out, struct report *r)
{
	uint64_t ns = 0;

	header(out);
	for (size_t i = 0; i < r->n; i++) {
		const struct incident *inc = &r->incidents[i];

		identity(out, r, inc);
		for (int p = 0; p < PHASE_MAX; p++)
			number(out, inc->phase_ns[p], inc->phase_ns[p]);
		for (int l = 0; l < LAT_MAX; l++) {
			bool known = incident__latency(inc, l, &ns);

			number(out, known, ns);
		}
		number(out, true, inc->atc_timeouts);
		number(out, true, inc->cmdq_errors);
		number(out, true, inc->suppressed);
		number(out, true, inc->resets_failed);
		text(out, report__kernel(r, inc));
		text(out, report__boot_id(r, inc));
		fputc('\n', out);
	}
	return file__flush(out);
}
