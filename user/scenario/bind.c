// SPDX-License-Identifier: GPL-2.0-only
/* What a scenario's names mean on this machine, and whether it can run there. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/event.h"
#include "exec.h"
#include "source/kernel.h"
#include "testdev.h"

static bool is_disk(const struct device *d)
{
	char class[16];

	return !attr__read(d->bdf, "class", class, sizeof(class)) && !strncmp(class, "0x01", 4);
}

static bool fits(const struct want *w, const struct device *d)
{
	if (d->ats == ATS_UNSUPPORTED || d->ats == ATS_UNKNOWN)
		return false;
	if (w->kind == WANT_TESTDEV)
		return testdev__is(d);
	if (w->kind == WANT_DISK)
		return is_disk(d);
	return d->vendor_id == w->vendor && d->device_id == w->device;
}

static bool taken(const struct exec *x, const char *bdf)
{
	for (size_t i = 0; i < x->ndev; i++)
		if (!strcmp(x->dev[i].bdf, bdf))
			return true;
	return false;
}

static bool take(struct exec *x, const struct device *d, size_t want, char *why, size_t len)
{
	struct bound *b = &x->dev[x->ndev];

	if (x->ndev == EXEC_DEVICES) {
		snprintf(why, len, "more than %d devices", EXEC_DEVICES);
		return false;
	}
	*b = (struct bound) { .segment = d->segment, .addr = d->addr, .want = want };
	strcpy(b->bdf, d->bdf);
	x->ndev++;
	return true;
}

/* "a=0000:03:00.0" of --device; NULL: the name was not given */
static const struct device *given_device(const struct exec *x, const struct opt_list *given, const char *name)
{
	size_t len = strlen(name);
	uint32_t segment, addr;
	char bdf[16];

	for (size_t i = 0; i < given->n; i++)
		if (!strncmp(given->v[i], name, len) && given->v[i][len] == '=' &&
		    !bdf__parse(given->v[i] + len + 1, bdf, &segment, &addr))
			return inventory__by_bdf(&x->inv, bdf);
	return NULL;
}

static bool bind_name(struct exec *x, const struct opt_list *given, size_t want, char *why, size_t len)
{
	const struct want *w = &x->s->want[want];
	const struct device *d = given_device(x, given, w->name);
	unsigned int found = 0;

	if (d)
		return take(x, d, want, why, len);
	for (size_t i = 0; i < x->inv.ndev && found < w->count; i++) {
		d = &x->inv.dev[i];
		if (!fits(w, d) || taken(x, d->bdf))
			continue;
		if (!take(x, d, want, why, len))
			return false;
		found++;
	}
	if (found == w->count)
		return true;
	if (w->kind == WANT_ID)
		snprintf(why, len, "no device %04x:%04x with ATS for '%s'", w->vendor, w->device, w->name);
	else
		snprintf(why, len, "%u of %u %s%s for '%s'", found, w->count,
			 w->kind == WANT_DISK ? "disk" : "ATS test device", w->count > 1 ? "s" : "", w->name);
	return false;
}

/* One that nobody touches meanwhile: the last, as names take the first */
static void choose_controller(struct exec *x)
{
	*x->by = '\0';
	for (size_t i = 0; i < x->inv.ndev; i++)
		if (testdev__is(&x->inv.dev[i]) && !taken(x, x->inv.dev[i].bdf))
			strcpy(x->by, x->inv.dev[i].bdf);
}

bool bind__devices(struct exec *x, const struct opt_list *given, char *why, size_t len)
{
	bool by_register = false;

	x->ndev = 0;
	for (size_t i = 0; i < x->s->nwants; i++)
		if (!bind_name(x, given, i, why, len))
			return false;
	choose_controller(x);
	for (size_t i = 0; i < x->s->nsteps; i++)
		by_register |= x->s->step[i].kind <= STEP_STUBBORN || x->s->step[i].kind == STEP_SILENT ||
			       x->s->step[i].kind == STEP_BUSY;
	if (by_register && !*x->by)
		snprintf(why, len, "no ATS test device is left, by whose registers others are broken: it needs the lab's machine");
	return !by_register || *x->by;
}

static bool in_path(const char *program)
{
	const char *path = getenv("PATH"), *end;
	char file[512];

	for (; path && *path; path = *end ? end + 1 : end) {
		end = strchrnul(path, ':');
		snprintf(file, sizeof(file), "%.*s/%s", (int)(end - path), path, program);
		if (!access(file, X_OK))
			return true;
	}
	return false;
}

static bool has_programs(const struct exec *x, char *why, size_t len)
{
	const struct scenario *s = x->s;
	const char *missing = NULL;

	for (size_t i = 0; i < s->nprograms; i++)
		if (!in_path(s->programs[i]))
			missing = s->programs[i];
	for (size_t i = 0; i < s->nworkloads; i++)
		if (s->workload[i].kind == WORK_UNMAPS && !in_path("vfio-churn"))
			missing = "vfio-churn";
	if (missing)
		snprintf(why, len, "the program '%s' of the lab is not in PATH", missing);
	return !missing;
}

bool bind__needs(const struct exec *x, char *why, size_t len)
{
	const struct scenario *s = x->s;
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);

	if (!s->any_kernel && source__kind(x->watch->src) != SOURCE_TRACE) {
		snprintf(why, len, "this kernel is not of the series: nothing is quarantined here");
		return false;
	}
	for (size_t i = 0; i < s->nsteps; i++) {
		if (s->step[i].kind != STEP_INJECT || probe__has_function(s->step[i].point->function))
			continue;
		snprintf(why, len, "this kernel has no fault point '%s' (CONFIG_IOMMU_FAULT_POINTS)",
			 s->step[i].point->name);
		return false;
	}
	if (cpus < s->cpus_min || (s->cpus_max && cpus > s->cpus_max)) {
		snprintf(why, len, "%ld CPU(s), and it is for %s %u", cpus,
			 cpus < s->cpus_min ? "at least" : "at most",
			 cpus < s->cpus_min ? s->cpus_min : s->cpus_max);
		return false;
	}
	return has_programs(x, why, len);
}
