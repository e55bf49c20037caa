// SPDX-License-Identifier: GPL-2.0-only
#include "history.h"
#include "report.h"
#include "sink/sink.h"

static void latency_row(FILE *out, const char *name, struct samples *s)
{
	char text[32];

	fprintf(out, "  %-12s %6llu", name, (unsigned long long)s->seen);
	for (int i = 0; i < REPORT_QUANTILES; i++) {
		if (report__enough(report_percents[i], s->n))
			format_ns(samples__quantile(s, report_percents[i]), text, sizeof(text));
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

	format_ns(hist__quantile(h, 50), p50, sizeof(p50));
	format_ns(hist__quantile(h, 99), p99_text, sizeof(p99_text));
	format_ns(h->max_ns, max, sizeof(max));
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
	if (t->innocents)
		fprintf(out, "suspects       %llu more answered when they were asked alone\n",
			(unsigned long long)t->innocents);
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
		format_ns(t->sync_delay_ns, lost, sizeof(lost));
		fprintf(out, "others         %llu CMD_SYNC(s) waited for errors, %s together beyond the usual\n",
			(unsigned long long)t->syncs_delayed, lost);
	}
	for (size_t i = 0; i < r->nsyncs; i++)
		sync_row(out, &r->syncs[i]);
	fprintf(out, "events         %llu, %llu lost\n", (unsigned long long)r->counters.events,
		(unsigned long long)report__lost(r));
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
			fprintf(out, "\n... %llu incidents are left out here\n",
				(unsigned long long)r->omitted);
		fprintf(out, "\n");
		ret = r->db ? history__text_incident(out, r, &r->incidents[i]) :
			      text__incident(out, &r->incidents[i], r->boot_id);
	}
	if (!ret && r->db)
		history__text_events(out, r);
	return ret ? ret : report__flush(out);
}
