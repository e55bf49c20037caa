// SPDX-License-Identifier: GPL-2.0-only
#include "core/event.h"
#include "sink.h"

/* What does not apply is null, not a magic number */
static json_t *number(uint32_t v)
{
	return v == ATCQ_NONE ? json_null() : json_integer(v);
}

static void identify(json_t *obj, const struct incident *inc, const char *boot)
{
	char bdf[16], id[96];

	incident__bdf(inc, bdf);
	incident__id(inc, boot, id, sizeof(id));
	json_object_set_new(obj, "incident", json_string(id));
	json_object_set_new(obj, "device", inc->bdf == ATCQ_NONE ? json_null() : json_string(bdf));
	json_object_set_new(obj, "smmu", number(inc->smmu));
	json_object_set_new(obj, "sid", number(inc->sid));
	json_object_set_new(obj, "state", json_string(incident_state__name(inc->state)));
	json_object_set_new(obj, "injected", json_boolean(inc->injected));
}

static json_t *neighbour(const struct incident *inc, const struct neighbour *n)
{
	json_t *obj = json_object();
	char bdf[16];

	bdf__format(inc->segment, n->bdf, bdf);
	json_object_set_new(obj, "kind", json_string(neighbour__kind(n)));
	json_object_set_new(obj, "device", json_string(bdf));
	json_object_set_new(obj, "time_ns", json_integer(n->time_ns));
	json_object_set_new(obj, "code", json_integer(n->code));
	json_object_set_new(obj, "detail", json_string(neighbour__detail(n)));
	json_object_set_new(obj, "count", json_integer(n->count));
	return obj;
}

/* What is not in the stamps: what is unknown, what it cost others, who else spoke */
static void surroundings(json_t *obj, const struct incident *inc)
{
	json_t *unknown = json_array(), *neighbours = json_array();

	for (int p = 0; p < PHASE_MAX; p++)
		if (incident__unknown(inc) >> p & 1)
			json_array_append_new(unknown, json_string(phase__name(p)));
	json_object_set_new(obj, "unknown_phases", unknown);
	json_object_set_new(obj, "flr", inc->flrs ?
			    json_pack("{s:i, s:i}", "count", (int)inc->flrs, "result", inc->flr_result) :
			    json_null());
	json_object_set_new(obj, "syncs_delayed", json_integer(inc->syncs_delayed));
	json_object_set_new(obj, "sync_delay_ns", json_integer(inc->sync_delay_ns));
	for (uint32_t i = 0; i < inc->nneighbours; i++)
		json_array_append_new(neighbours, neighbour(inc, &inc->neighbour[i]));
	json_object_set_new(obj, "neighbours", neighbours);
	json_object_set_new(obj, "neighbours_more", json_integer(inc->neighbours_more));
}

json_t *json__phase(const struct incident *inc, enum phase phase, const char *boot)
{
	json_t *obj = json_object();

	if (!obj)
		return NULL;
	if (phase == PHASE_NEIGHBOUR) {
		json_object_set_new(obj, "type", json_string("neighbour"));
		identify(obj, inc, boot);
		json_object_set_new(obj, "neighbour",
				    neighbour(inc, &inc->neighbour[inc->nneighbours - 1]));
		return obj;
	}
	json_object_set_new(obj, "type", json_string("phase"));
	identify(obj, inc, boot);
	json_object_set_new(obj, "phase", json_string(phase__name(phase)));
	json_object_set_new(obj, "time_ns", json_integer(inc->stamp[phase]));
	json_object_set_new(obj, "since_first_ns",
			    json_integer(inc->stamp[phase] - incident__origin(inc)));
	return obj;
}

json_t *json__incident(const struct incident *inc, const char *boot)
{
	json_t *obj = json_object(), *sub;
	uint64_t ns;

	if (!obj)
		return NULL;
	json_object_set_new(obj, "type", json_string("incident"));
	identify(obj, inc, boot);
	json_object_set_new(obj, "open", json_boolean(!inc->closed));
	json_object_set_new(obj, "incomplete", json_boolean(inc->incomplete));
	json_object_set_new(obj, "at_start", json_boolean(inc->at_start));
	sub = json_object();
	for (int p = 0; p < PHASE_MAX; p++)
		json_object_set_new(sub, phase__name(p), inc->stamp[p] ?
				    json_integer(inc->stamp[p]) : json_null());
	json_object_set_new(obj, "stamps_ns", sub);
	sub = json_object();
	for (int l = 0; l < LAT_MAX; l++)
		json_object_set_new(sub, latency__name(l), incident__latency(inc, l, &ns) ?
				    json_integer(ns) : json_null());
	json_object_set_new(obj, "latency_ns", sub);
	json_object_set_new(obj, "atc_timeouts", json_integer(inc->atc_timeouts));
	json_object_set_new(obj, "cmdq_errors", json_integer(inc->cmdq_errors));
	json_object_set_new(obj, "suppressed", json_integer(inc->suppressed));
	json_object_set_new(obj, "resets_failed", json_integer(inc->resets_failed));
	surroundings(obj, inc);
	return obj;
}
