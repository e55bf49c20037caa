// SPDX-License-Identifier: GPL-2.0-only
/* What a scenario's names mean on this machine, and whether it can run there. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "exec.h"
#include "source/kernel.h"
#include "testdev.h"

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

/* The device that was given, else the first that fit; one that was given to another name is not free */
static bool bind_name(struct exec *x, const struct given *given, size_t want, char *why, size_t len)
{
	const struct want *w = &x->s->want[want];
	const char *bdf = given__bdf(given, w->name);
	const struct device *d;
	unsigned int found = 0;

	if (bdf)
		return take(x, inventory__by_bdf(&x->inv, bdf), want, why, len);
	for (size_t i = 0; i < x->inv.ndev && found < w->count; i++) {
		d = &x->inv.dev[i];
		if (!want__fits(w, d) || taken(x, d->bdf) || given__has(given, d->bdf))
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

int bind__devices(struct exec *x, const struct given *given, char *why, size_t len)
{
	bool by_register = false;
	struct error err;

	x->ndev = 0;
	if (given__check_devices(given, x->s, &x->inv, &err)) {
		snprintf(why, len, "%s", err.text);
		return -EINVAL;
	}
	for (size_t i = 0; i < x->s->nwants; i++)
		if (!bind_name(x, given, i, why, len))
			return -ENODEV;
	choose_controller(x);
	for (size_t i = 0; i < x->s->nsteps; i++)
		by_register |= x->s->step[i].kind <= STEP_STUBBORN || x->s->step[i].kind == STEP_SILENT ||
			       x->s->step[i].kind == STEP_BUSY;
	if (by_register && !*x->by)
		snprintf(why, len, "no ATS test device is left, by whose registers others are broken: it needs the lab's machine");
	return !by_register || *x->by ? 0 : -ENODEV;
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
