// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <sys/utsname.h>

#include "report.h"
#include "sink/sink.h"

static const unsigned int percents[] = { 0, 50, 90, 99, 100 };
static const char *const percent_names[] = { "min", "p50", "p90", "p99", "max" };
#define NPERCENT 5

static bool enough(unsigned int percent, uint64_t n)
{
	return n && (percent != 99 || n >= STATS_P99_MIN);
}

static void text_row(FILE *out, const char *name, struct samples *s)
{
	char text[32];

	fprintf(out, "  %-12s %6zu", name, s->n);
	for (int i = 0; i < NPERCENT; i++) {
		if (enough(percents[i], s->n))
			format_ns(samples__quantile(s, percents[i]), text, sizeof(text));
		else
			snprintf(text, sizeof(text), "-");
		fprintf(out, " %12s", text);
	}
	fprintf(out, "\n");
}

static void text_syncs(FILE *out, const struct report *r)
{
	struct atcq_hist *h = malloc(sizeof(*h));
	char p50[32], p99[32], max[32];

	for (uint32_t smmu = 0; h && smmu < r->watch.inv.nsmmu; smmu++) {
		if (source__hist(r->watch.src, smmu, h))
			continue;
		format_ns(hist__quantile(h, 50), p50, sizeof(p50));
		format_ns(hist__quantile(h, 99), p99, sizeof(p99));
		format_ns(h->max_ns, max, sizeof(max));
		fprintf(out, "CMD_SYNCs      %llu at SMMU %u, %llu failed; p50 %s%s%s, max %s\n",
			(unsigned long long)h->count, smmu, (unsigned long long)h->failed, p50,
			enough(99, h->count) ? ", p99 " : "", enough(99, h->count) ? p99 : "", max);
	}
	free(h);
}

int report__text(FILE *out, struct report *r)
{
	const struct tracker_totals *t = tracker__totals(r->watch.tracker);
	struct source_counters c = { 0 };
	struct utsname un = { 0 };
	int ret = 0;

	uname(&un);
	source__counters(r->watch.src, &c);
	fprintf(out, "atcq report    %.3f s, source: %s, Linux %s\n", r->duration_ns / 1e9,
		source__kind_name(source__kind(r->watch.src)), un.release);
	fprintf(out, "incidents      %llu: %llu recovered, %llu removed, %zu open; %llu injected\n",
		(unsigned long long)t->incidents, (unsigned long long)t->recovered,
		(unsigned long long)t->removed, tracker__open_count(r->watch.tracker),
		(unsigned long long)t->injected);
	fprintf(out, "timeouts       %llu; CMDQ errors %llu", (unsigned long long)t->atc_timeouts,
		(unsigned long long)t->cmdq_errors);
	if (r->errors.n)
		fprintf(out, ", per incident: min %llu, p50 %llu, max %llu",
			(unsigned long long)samples__quantile(&r->errors, 0),
			(unsigned long long)samples__quantile(&r->errors, 50),
			(unsigned long long)samples__quantile(&r->errors, 100));
	fprintf(out, "\nresets         %llu ok, %llu failed\n", (unsigned long long)t->resets_ok,
		(unsigned long long)t->resets_failed);
	fprintf(out, "ATC_INVs       %llu issued, %llu suppressed\n", (unsigned long long)c.atc_invs,
		(unsigned long long)c.atc_suppressed);
	text_syncs(out, r);
	fprintf(out, "events         %llu, %llu lost\n", (unsigned long long)c.events,
		(unsigned long long)(c.lost_ringbuf + c.lost_other + t->dropped + r->dropped));
	fprintf(out, "\n  %-12s %6s", "latency", "count");
	for (int i = 0; i < NPERCENT; i++)
		fprintf(out, " %12s", percent_names[i]);
	fprintf(out, "\n");
	for (int l = 0; l < LAT_MAX; l++)
		text_row(out, latency__name(l), &r->latency[l]);
	for (size_t i = 0; !ret && i < r->n; i++) {
		fprintf(out, "\n");
		ret = text__incident(out, &r->incidents[i], boot_id());
	}
	if (!ret && (fflush(out) || ferror(out)))
		ret = errno ? -errno : -EIO;
	return ret;
}

static json_t *quantiles(struct samples *s)
{
	json_t *obj = json_object();

	json_object_set_new(obj, "count", json_integer(s->n));
	for (int i = 0; i < NPERCENT; i++)
		json_object_set_new(obj, percent_names[i], enough(percents[i], s->n) ?
				    json_integer(samples__quantile(s, percents[i])) : json_null());
	return obj;
}

static json_t *json_syncs(const struct report *r)
{
	struct atcq_hist *h = malloc(sizeof(*h));
	json_t *list = json_array();

	for (uint32_t smmu = 0; h && smmu < r->watch.inv.nsmmu; smmu++) {
		if (source__hist(r->watch.src, smmu, h))
			continue;
		json_array_append_new(list, json_pack("{s:i, s:I, s:I, s:I, s:I, s:o, s:I}",
			"smmu", (int)smmu, "count", (json_int_t)h->count,
			"failed", (json_int_t)h->failed, "sum_ns", (json_int_t)h->sum_ns,
			"p50_ns", (json_int_t)hist__quantile(h, 50),
			"p99_ns", enough(99, h->count) ? json_integer(hist__quantile(h, 99)) : json_null(),
			"max_ns", (json_int_t)h->max_ns));
	}
	free(h);
	return list;
}

int report__json(FILE *out, struct report *r)
{
	const struct tracker_totals *t = tracker__totals(r->watch.tracker);
	json_t *root = json_object(), *lat = json_object(), *list = json_array();
	struct source_counters c = { 0 };
	struct utsname un = { 0 };

	uname(&un);
	source__counters(r->watch.src, &c);
	json_object_set_new(root, "version", json_integer(1));
	json_object_set_new(root, "kernel", json_string(un.release));
	json_object_set_new(root, "source", json_string(source__kind_name(source__kind(r->watch.src))));
	json_object_set_new(root, "boot_id", json_string(boot_id()));
	json_object_set_new(root, "duration_ns", json_integer(r->duration_ns));
	json_object_set_new(root, "totals", json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}",
		"incidents", (json_int_t)t->incidents, "injected", (json_int_t)t->injected,
		"recovered", (json_int_t)t->recovered, "removed", (json_int_t)t->removed,
		"open", (json_int_t)tracker__open_count(r->watch.tracker),
		"atc_timeouts", (json_int_t)t->atc_timeouts, "cmdq_errors", (json_int_t)t->cmdq_errors,
		"gerrors", (json_int_t)c.gerrors,
		"resets_ok", (json_int_t)t->resets_ok, "resets_failed", (json_int_t)t->resets_failed));
	json_object_set_new(root, "atc_invs", json_integer(c.atc_invs));
	json_object_set_new(root, "atc_invs_suppressed", json_integer(c.atc_suppressed));
	json_object_set_new(root, "events", json_integer(c.events));
	json_object_set_new(root, "events_lost",
			    json_integer(c.lost_ringbuf + c.lost_other + t->dropped + r->dropped));
	json_object_set_new(root, "cmd_syncs", json_syncs(r));
	for (int l = 0; l < LAT_MAX; l++)
		json_object_set_new(lat, latency__name(l), quantiles(&r->latency[l]));
	json_object_set_new(root, "latency_ns", lat);
	json_object_set_new(root, "cmdq_errors_per_incident", quantiles(&r->errors));
	for (size_t i = 0; i < r->n; i++)
		json_array_append_new(list, json__incident(&r->incidents[i], boot_id()));
	json_object_set_new(root, "incidents", list);
	return json__line(out, root);
}
