// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "core/event.h"
#include "core/incident.h"
#include "kernel.h"
#include "lib/file.h"
#include "recording.h"

#ifndef ATCQ_VERSION
#define ATCQ_VERSION "unknown"
#endif

#define MAX_SMMUS	64	/* as in bpf/common.bpf.h */

static void copy(char *out, size_t size, const char *text)
{
	snprintf(out, size, "%s", text ? text : "");
}

void meta__here(struct meta *m)
{
	struct utsname un = { 0 };

	uname(&un);
	m->cpus = sysconf(_SC_NPROCESSORS_CONF);
	copy(m->atcq, sizeof(m->atcq), ATCQ_VERSION);
	copy(m->boot_id, sizeof(m->boot_id), boot_id());
	copy(m->kernel, sizeof(m->kernel), un.release);
	copy(m->build, sizeof(m->build), un.version);
	copy(m->machine, sizeof(m->machine), un.machine);
	/* Linux's default if no host name is set */
	copy(m->host, sizeof(m->host), strcmp(un.nodename, "(none)") ? un.nodename : "");
}

/* Text from the kernel may be invalid UTF-8, which JSON does not allow */
static json_t *text(const char *s)
{
	json_t *v = json_string(s);

	return v ? v : json_string("?");
}

static json_t *device_json(const struct device *d)
{
	json_t *obj = json_object(), *sids = json_array(), *ports = json_array();

	for (size_t i = 0; i < d->nsids; i++)
		json_array_append_new(sids, json_integer(d->sids[i]));
	for (size_t i = 0; i < d->nports; i++)
		json_array_append_new(ports, json_integer(d->ports[i]));
	json_object_set_new(obj, "device", text(d->bdf));
	json_object_set_new(obj, "vendor_id", json_integer(d->vendor_id));
	json_object_set_new(obj, "device_id", json_integer(d->device_id));
	json_object_set_new(obj, "name", text(d->name));
	json_object_set_new(obj, "driver", text(d->driver));
	json_object_set_new(obj, "smmu_name", text(d->smmu_name));
	json_object_set_new(obj, "smmu", json__number_or_null(d->smmu != ATCQ_NONE, d->smmu));
	json_object_set_new(obj, "group", json_integer(d->group));
	json_object_set_new(obj, "sids", sids);
	json_object_set_new(obj, "ports", ports);
	json_object_set_new(obj, "ats", text(ats_state__name(d->ats)));
	if (d->state_known) {
		json_object_set_new(obj, "blocked", text(blocked__name(d->blocked)));
		json_object_set_new(obj, "blocked_since_ns", json_integer(d->blocked_since_ns));
	}
	return obj;
}

static json_t *meta_json(const struct meta *m)
{
	json_t *root = json_object(), *devices = json_array();

	for (size_t i = 0; i < m->inv.ndev; i++)
		json_array_append_new(devices, device_json(&m->inv.dev[i]));
	json_object_set_new(root, "atcq", text(m->atcq));
	json_object_set_new(root, "boot_id", text(m->boot_id));
	json_object_set_new(root, "kernel", text(m->kernel));
	json_object_set_new(root, "build", text(m->build));
	json_object_set_new(root, "machine", text(m->machine));
	json_object_set_new(root, "host", text(m->host));
	json_object_set_new(root, "source", text(m->source));
	json_object_set_new(root, "tracepoints", text(m->tracepoints));
	json_object_set_new(root, "phases", json_integer(m->phases));
	json_object_set_new(root, "every_sync", json_boolean(m->every_sync));
	json_object_set_new(root, "cpus", json_integer(m->cpus));
	json_object_set_new(root, "start_ns", json_integer(m->start_ns));
	json_object_set_new(root, "smmus", json_integer(m->inv.nsmmu));
	json_object_set_new(root, "devices", devices);
	return root;
}

struct atcq_rec_prefix *meta__encode(const struct meta *m)
{
	json_t *root = meta_json(m);
	char *json = json_dumps(root, JSON_COMPACT);
	size_t n = json ? strlen(json) : 0, size = (sizeof(struct atcq_rec_prefix) + n + 7) & ~7ul;
	struct atcq_rec_prefix *rec = NULL;

	json_decref(root);
	if (json && size <= ATCQ_REC_MAX_PAYLOAD)
		rec = calloc(1, size);
	if (rec) {
		*rec = (struct atcq_rec_prefix){ ATCQ_REC_RECORD_VERSION, ATCQ_REC_META, size };
		memcpy(rec + 1, json, n);
	}
	free(json);
	return rec;
}

static uint32_t get_number(json_t *obj, const char *key)
{
	json_t *v = json_object_get(obj, key);

	return json_is_integer(v) && json_integer_value(v) >= 0 &&
	       json_integer_value(v) < ATCQ_NONE ? json_integer_value(v) : ATCQ_NONE;
}

static uint64_t get_time(json_t *obj, const char *key)
{
	json_int_t v = json_integer_value(json_object_get(obj, key));

	return v > 0 ? v : 0;
}

static void get_text(json_t *obj, const char *key, char *out, size_t size)
{
	copy(out, size, json_string_value(json_object_get(obj, key)));
}

static void get_state(json_t *obj, struct device *d)
{
	const char *ats = json_string_value(json_object_get(obj, "ats"));
	const char *blocked = json_string_value(json_object_get(obj, "blocked"));

	for (int s = ATS_UNKNOWN; ats && s <= ATS_BROKEN; s++)
		if (!strcmp(ats, ats_state__name(s)))
			d->ats = s;
	for (int b = ATCQ_BLOCKED_NO; blocked && b <= ATCQ_BLOCKED_BROKEN; b++)
		if (!strcmp(blocked, blocked__name(b))) {
			d->blocked = b;
			d->state_known = true;
		}
	d->blocked_since_ns = get_time(obj, "blocked_since_ns");
}

/* false: it is no device */
static bool get_device(json_t *obj, struct device *d)
{
	const char *bdf = json_string_value(json_object_get(obj, "device"));
	json_t *sids = json_object_get(obj, "sids"), *ports = json_object_get(obj, "ports");

	memset(d, 0, sizeof(*d));
	if (!bdf || bdf__parse(bdf, d->bdf, &d->segment, &d->addr))
		return false;
	d->vendor_id = get_number(obj, "vendor_id");
	d->device_id = get_number(obj, "device_id");
	get_text(obj, "name", d->name, sizeof(d->name));
	get_text(obj, "driver", d->driver, sizeof(d->driver));
	get_text(obj, "smmu_name", d->smmu_name, sizeof(d->smmu_name));
	d->smmu = get_number(obj, "smmu");
	d->group = (int)get_number(obj, "group");
	for (size_t i = 0; i < json_array_size(sids) && d->nsids < INVENTORY_MAX_SIDS; i++)
		d->sids[d->nsids++] = json_integer_value(json_array_get(sids, i));
	for (size_t i = 0; i < json_array_size(ports) && d->nports < INVENTORY_MAX_PORTS; i++)
		d->ports[d->nports++] = json_integer_value(json_array_get(ports, i));
	get_state(obj, d);
	return true;
}

/* Older recordings have no mask: the tracepoints report all phases, a stock kernel's log one */
static uint32_t get_phases(json_t *root)
{
	const char *source = json_string_value(json_object_get(root, "source"));
	json_t *phases = json_object_get(root, "phases");

	if (json_is_integer(phases))
		return json_integer_value(phases);
	return source && !strcmp(source, "stock") ? 1u << PHASE_RAISED : (1u << PHASE_MAX) - 1;
}

static int get_devices(json_t *root, struct inventory *inv)
{
	json_t *devices = json_object_get(root, "devices"), *obj;
	uint32_t smmus = get_number(root, "smmus");
	size_t i;

	inv->nsmmu = smmus > MAX_SMMUS ? MAX_SMMUS : smmus;
	if (!json_array_size(devices))
		return 0;
	inv->dev = calloc(json_array_size(devices), sizeof(*inv->dev));
	if (!inv->dev)
		return -ENOMEM;
	json_array_foreach(devices, i, obj)
		inv->ndev += get_device(obj, &inv->dev[inv->ndev]);
	return 0;
}

int meta__decode(const struct atcq_rec_prefix *rec, struct meta *m)
{
	const char *json = (const char *)(rec + 1);
	json_t *root = json_loadb(json, strnlen(json, rec->size - sizeof(*rec)), 0, NULL);
	int ret = -EBADMSG;

	memset(m, 0, sizeof(*m));
	if (json_is_object(root)) {
		get_text(root, "atcq", m->atcq, sizeof(m->atcq));
		get_text(root, "boot_id", m->boot_id, sizeof(m->boot_id));
		get_text(root, "kernel", m->kernel, sizeof(m->kernel));
		get_text(root, "build", m->build, sizeof(m->build));
		get_text(root, "machine", m->machine, sizeof(m->machine));
		get_text(root, "host", m->host, sizeof(m->host));
		get_text(root, "source", m->source, sizeof(m->source));
		get_text(root, "tracepoints", m->tracepoints, sizeof(m->tracepoints));
		m->phases = get_phases(root);
		m->every_sync = json_is_true(json_object_get(root, "every_sync"));
		m->cpus = json_integer_value(json_object_get(root, "cpus"));
		m->start_ns = get_time(root, "start_ns");
		ret = get_devices(root, &m->inv);
	}
	json_decref(root);
	return ret;
}

void meta__free(struct meta *m)
{
	inventory__free(&m->inv);
}
