// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "core/event.h"
#include "lib/log.h"
#include "scenario_internal.h"
#include "source/kernel.h"

static bool has_ats(const struct device *d)
{
	return d->ats != ATS_UNSUPPORTED && d->ats != ATS_UNKNOWN;
}

static bool is_disk(const struct device *d)
{
	char class[16];

	return !attr__read(d->bdf, "class", class, sizeof(class)) && !strncmp(class, "0x01", 4);
}

bool device_request__fits(const struct device_request *w, const struct device *d)
{
	if (!has_ats(d))
		return false;
	if (w->kind == REQUEST_TESTDEV)
		return testdev__is(d);
	if (w->kind == REQUEST_DISK)
		return is_disk(d);
	return d->vendor_id == w->vendor && d->device_id == w->device;
}

const char *given__bdf(const struct given *g, const char *name)
{
	for (size_t i = 0; i < g->n; i++)
		if (!strcmp(g->dev[i].name, name))
			return g->dev[i].bdf;
	return NULL;
}

bool given__has(const struct given *g, const char *bdf)
{
	for (size_t i = 0; i < g->n; i++)
		if (!strcmp(g->dev[i].bdf, bdf))
			return true;
	return false;
}

static int parse_one(struct given *g, const char *text, struct error *err)
{
	size_t len = strcspn(text, "=");
	char name[sizeof(g->dev[0].name)], bdf[16];
	uint32_t segment, addr;

	if (!text[len] || !len)
		return error__set(err, -EINVAL, "--device %s: which of the scenario's devices is it? Give --device NAME=BDF", text);
	if (len >= sizeof(name))
		return error__set(err, -EINVAL, "--device %s: no scenario has a device of so long a name", text);
	snprintf(name, sizeof(name), "%.*s", (int)len, text);
	if (bdf__parse(text + len + 1, bdf, &segment, &addr))
		return error__set(err, -EINVAL, "--device %s: '%s' is not a PCI address like 0000:01:00.0", text, text + len + 1);
	if (given__bdf(g, name))
		return error__set(err, -EINVAL, "--device %s: '%s' is given twice, first as %s", text, name, given__bdf(g, name));
	if (given__has(g, bdf))
		return error__set(err, -EINVAL, "--device %s: %s is given to two names; each needs a device of its own", text, bdf);
	strcpy(g->dev[g->n].name, name);
	strcpy(g->dev[g->n].bdf, bdf);
	g->n++;
	return 0;
}

int given__parse(struct given *g, const struct opt_list *list, struct error *err)
{
	int ret = 0;

	g->n = 0;
	for (size_t i = 0; i < list->n && !ret; i++)
		ret = parse_one(g, list->v[i], err);
	return ret;
}

static const struct device_request *find_request(const struct scenario *s, const char *name)
{
	for (size_t i = 0; i < s->nrequests; i++)
		if (!strcmp(s->request[i].name, name))
			return &s->request[i];
	return NULL;
}

/* "a, b, rest" */
static void list_names(const struct scenario *s, char *out, size_t len)
{
	size_t n = 0;

	snprintf(out, len, "none");
	for (size_t i = 0; i < s->nrequests && n < len; i++)
		n += snprintf(out + n, len - n, "%s%s", i ? ", " : "", s->request[i].name);
}

int given__check_names(const struct given *g, const struct scenario *s, struct error *err)
{
	char names[256];

	for (size_t i = 0; i < g->n; i++) {
		const struct device_request *w = find_request(s, g->dev[i].name);

		if (w && w->count == 1)
			continue;
		if (w)
			return error__set(err, -EINVAL, "--device %s=%s: '%s' stands for %u devices in scenario '%s' and cannot be given as one",
					  w->name, g->dev[i].bdf, w->name, w->count, s->name);
		list_names(s, names, sizeof(names));
		return error__set(err, -EINVAL, "--device %s=%s: scenario '%s' has no device '%s', it has: %s; --filter leaves out scenarios",
				  g->dev[i].name, g->dev[i].bdf, s->name, g->dev[i].name, names);
	}
	return 0;
}

/* Does the machine have test devices? Then giving another device for one is a mistake */
static bool has_testdev(const struct inventory *inv)
{
	for (size_t i = 0; i < inv->ndev; i++)
		if (testdev__is(&inv->dev[i]))
			return true;
	return false;
}

static const char *kind_name(const struct device_request *w, char out[32])
{
	if (w->kind == REQUEST_ID)
		snprintf(out, 32, "a device %04x:%04x", w->vendor, w->device);
	else
		snprintf(out, 32, "%s", w->kind == REQUEST_DISK ? "a disk" : "an ATS test device");
	return out;
}

int given__check_devices(const struct given *g, const struct scenario *s, const struct inventory *inv,
			 struct error *err)
{
	char kind[32];

	for (size_t i = 0; i < g->n; i++) {
		const char *name = g->dev[i].name, *bdf = g->dev[i].bdf;
		const struct device *d = inventory__by_bdf(inv, bdf);
		const struct device_request *w = find_request(s, name);

		if (d && w && (device_request__fits(w, d) ||
			       (w->kind == REQUEST_TESTDEV && has_ats(d) && !has_testdev(inv))))
			continue;
		if (!d)
			return error__set(err, -EINVAL, "--device %s=%s: there is no such device behind an SMMUv3; 'atcq list' shows all",
					  name, bdf);
		if (!has_ats(d))
			return error__set(err, -EINVAL, "--device %s=%s: %s does not have ATS; 'atcq list' shows which have",
					  name, bdf, d->name);
		return error__set(err, -EINVAL, "--device %s=%s: '%s' is to be %s in scenario '%s', not %04x:%04x (%s)", name, bdf,
				  name, kind_name(w, kind), s->name, d->vendor_id, d->device_id, d->name);
	}
	return 0;
}
