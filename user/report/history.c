// SPDX-License-Identifier: GPL-2.0-only
#include "history.h"
#include "sink/event_json.h"
#include "sink/sink.h"

void history__text_head(FILE *out, struct report *r)
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

int history__text_incident(FILE *out, const struct report *r, const struct incident *inc)
{
	const struct report_boot *b = inc->boot < r->nboots ? &r->boots[inc->boot] : NULL;
	int ret = text__incident(out, inc, report__boot_id(r, inc));
	char began[32];

	report__utc(inc->opened_utc_ns, began);
	if (!ret)
		fprintf(out, "  %-12s %s, Linux %s\n", "began", began, b ? b->kernel : "?");
	return ret;
}

void history__text_events(FILE *out, const struct report *r)
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

json_t *history__json_incident(const struct report *r, const struct incident *inc)
{
	json_t *obj = json__incident(inc, report__boot_id(r, inc));
	char began[32];

	report__utc(inc->opened_utc_ns, began);
	json_object_set_new(obj, "began_utc", json_string(began));
	json_object_set_new(obj, "boot_id", json_string(report__boot_id(r, inc)));
	if (inc->boot < r->nboots) {
		json_object_set_new(obj, "kernel", json_string(r->boots[inc->boot].kernel));
		json_object_set_new(obj, "host", json_string(r->boots[inc->boot].host));
	}
	return obj;
}

void history__json(json_t *root, const struct report *r)
{
	json_t *list = json_array();
	static const char *const unknown[] = { "atc_invs", "events", "events_lost" };

	/* Nobody counted these for a history */
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
