// SPDX-License-Identifier: GPL-2.0-only
#include "core/event.h"
#include "event_json.h"

static void add_id(json_t *obj, const char *name, __u32 v)
{
	json_object_set_new(obj, name, v == ATCQ_NONE ? json_null() : json_integer(v));
}

json_t *json__event(const struct atcq_event *ev)
{
	json_t *obj = json_pack("{s:s, s:s, s:i, s:I, s:I, s:i}", "type", "event",
				"event", event_type__name(ev->type), "number", (int)ev->type,
				"time_ns", (json_int_t)ev->time_ns,
				"duration_ns", (json_int_t)ev->duration_ns, "cpu", (int)ev->cpu);

	if (!obj)
		return NULL;
	add_id(obj, "smmu", ev->smmu);
	add_id(obj, "sid", ev->sid);
	add_id(obj, "ssid", ev->ssid);
	add_id(obj, "prod", ev->prod);
	add_id(obj, "segment", ev->segment);
	add_id(obj, "bdf", ev->bdf);
	json_object_set_new(obj, "ret", json_integer(ev->ret));
	json_object_set_new(obj, "code", json_integer(ev->code));
	json_object_set_new(obj, "source", json_integer(ev->source));
	json_object_set_new(obj, "ncmds", json_integer(ev->ncmds));
	json_object_set_new(obj, "natc", json_integer(ev->natc));
	json_object_set_new(obj, "count", json_integer(ev->count));
	return obj;
}
