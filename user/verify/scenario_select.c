// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fnmatch.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/log.h"
#include "scenario_internal.h"
#include "source/kernel.h"

#define MAX_SCENARIOS 1000

static int add(struct list *list, const char *path)
{
	struct scenario **more, *s;
	struct error err = { "" };
	int ret;

	if (list->n == MAX_SCENARIOS) {
		log__error("more than %d scenarios", MAX_SCENARIOS);
		return EXIT_USAGE;
	}
	ret = scenario__read(&s, path, &err);
	if (ret) {
		log__error("%s", err.text);
		return ret == -ENOMEM ? EXIT_ENVIRONMENT : EXIT_USAGE;
	}
	more = realloc(list->s, (list->n + 1) * sizeof(*more));
	if (!more) {
		scenario__free(s);
		return EXIT_ENVIRONMENT;
	}
	list->s = more;
	list->s[list->n++] = s;
	for (size_t i = 0; i + 1 < list->n; i++) {
		if (strcmp(list->s[i]->name, s->name))
			continue;
		log__error("%s and %s have the same name '%s'", list->s[i]->path, path, s->name);
		return EXIT_USAGE;
	}
	return 0;
}

static int add_folder(struct list *list, const char *path)
{
	char pattern[4096];
	glob_t g;
	int ret = 0, one;

	snprintf(pattern, sizeof(pattern), "%s/*.yaml", path);
	if (glob(pattern, 0, NULL, &g)) {
		log__error("%s: there is no scenario (*.yaml) in it", path);
		return EXIT_USAGE;
	}
	for (size_t i = 0; i < g.gl_pathc; i++) {
		one = add(list, g.gl_pathv[i]);
		ret = ret ? ret : one;
	}
	globfree(&g);
	return ret;
}

/* "2/3": every third, beginning with the second */
static int parse_shard(const char *text, unsigned int *which, unsigned int *of)
{
	char rest;

	*which = *of = 1;
	if (!text || (sscanf(text, "%5u/%5u%c", which, of, &rest) == 2 && *which && *which <= *of))
		return 0;
	log__error("--shard %s: must be N/M, like 1/3: the first of three parts", text);
	return EXIT_USAGE;
}

static void select_some(struct list *list, const struct scenario_opts *o, unsigned int which, unsigned int of)
{
	size_t kept = 0, matching = 0;

	for (size_t i = 0; i < list->n; i++) {
		struct scenario *s = list->s[i];
		bool selected = (!o->filter || !fnmatch(o->filter, s->name, 0)) && !(o->quick && s->slow);

		if (selected && matching++ % of == which - 1)
			list->s[kept++] = s;
		else
			scenario__free(s);
	}
	list->n = kept;
}

int list__read(struct list *list, const struct scenario_opts *o, int argc, char **argv)
{
	unsigned int which, of;
	struct stat st;
	int ret, one;

	*list = (struct list) { 0 };
	ret = parse_shard(o->shard, &which, &of);
	for (int i = 0; i < argc; i++) {
		one = !stat(argv[i], &st) && S_ISDIR(st.st_mode) ? add_folder(list, argv[i]) : add(list, argv[i]);
		ret = ret ? ret : one;
	}
	if (ret)
		return ret;
	select_some(list, o, which, of);
	if (!list->n) {
		log__error("no scenario is left%s%s", o->filter ? " by --filter " : "", o->filter ? o->filter : "");
		return EXIT_USAGE;
	}
	return 0;
}

void list__print(const struct list *list)
{
	for (size_t i = 0; i < list->n; i++) {
		const struct scenario *s = list->s[i];

		printf("%-28s %s\n", s->name, s->proves);
	}
}

void list__free(struct list *list)
{
	for (size_t i = 0; i < list->n; i++)
		scenario__free(list->s[i]);
	free(list->s);
}

/* Binds a scenario's names to devices of this machine, and checks whether it can run. */

static bool taken(const struct scenario_run *x, const char *bdf)
{
	for (size_t i = 0; i < x->ndev; i++)
		if (!strcmp(x->dev[i].bdf, bdf))
			return true;
	return false;
}

static int take(struct scenario_run *x, const struct device *d, size_t request, struct error *err)
{
	struct resolved_device *b = &x->dev[x->ndev];

	if (x->ndev == RUN_DEVICES)
		return error__set(err, -ENODEV, "more than %d devices", RUN_DEVICES);
	*b = (struct resolved_device) { .segment = d->segment, .addr = d->addr, .request = request };
	strcpy(b->bdf, d->bdf);
	x->ndev++;
	return 0;
}

/* The device that was given, else the first that fit; one that was given to another name is not free */
static int bind_name(struct scenario_run *x, const struct given *given, size_t request, struct error *err)
{
	const struct device_request *w = &x->s->request[request];
	const char *bdf = given__bdf(given, w->name);
	const struct device *d;
	unsigned int found = 0;
	int ret;

	if (bdf)
		return take(x, inventory__by_bdf(&x->inv, bdf), request, err);
	for (size_t i = 0; i < x->inv.ndev && found < w->count; i++) {
		d = &x->inv.dev[i];
		if (!device_request__fits(w, d) || taken(x, d->bdf) || given__has(given, d->bdf))
			continue;
		ret = take(x, d, request, err);
		if (ret)
			return ret;
		found++;
	}
	if (found == w->count)
		return 0;
	if (w->kind == REQUEST_ID)
		return error__set(err, -ENODEV, "no device %04x:%04x with ATS for '%s'", w->vendor, w->device, w->name);
	return error__set(err, -ENODEV, "%u of %u %s%s for '%s'", found, w->count,
			  w->kind == REQUEST_DISK ? "disk" : "ATS test device", w->count > 1 ? "s" : "", w->name);
}

/* A test device that no step uses: the last one, as names get the first */
static void choose_controller(struct scenario_run *x)
{
	*x->by = '\0';
	for (size_t i = 0; i < x->inv.ndev; i++)
		if (testdev__is(&x->inv.dev[i]) && !taken(x, x->inv.dev[i].bdf))
			strcpy(x->by, x->inv.dev[i].bdf);
}

int bind__devices(struct scenario_run *x, const struct given *given, struct error *err)
{
	bool by_register = false;
	int ret;

	x->ndev = 0;
	ret = given__check_devices(given, x->s, &x->inv, err);
	for (size_t i = 0; i < x->s->nrequests && !ret; i++)
		ret = bind_name(x, given, i, err);
	if (ret)
		return ret;
	choose_controller(x);
	for (size_t i = 0; i < x->s->nsteps; i++)
		by_register |= x->s->step[i].kind <= STEP_STUBBORN || x->s->step[i].kind == STEP_SILENT ||
			       x->s->step[i].kind == STEP_BUSY;
	if (by_register && !*x->by)
		return error__set(err, -ENODEV, "no ATS test device is left, by whose registers others are broken: it needs the lab's machine");
	return 0;
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

static int check_programs(const struct scenario_run *x, struct error *err)
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
		return error__set(err, -EOPNOTSUPP, "the program '%s' of the lab is not in PATH", missing);
	return 0;
}

int bind__needs(const struct scenario_run *x, struct error *err)
{
	const struct scenario *s = x->s;
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);

	if (!s->any_kernel && source__kind(x->monitor->src) != SOURCE_TRACE)
		return error__set(err, -EOPNOTSUPP, "this kernel is not of the series: nothing is quarantined here");
	for (size_t i = 0; i < s->nsteps; i++) {
		if (s->step[i].kind != STEP_INJECT || probe__has_function(s->step[i].point->function))
			continue;
		return error__set(err, -EOPNOTSUPP, "this kernel has no fault point '%s' (CONFIG_IOMMU_FAULT_POINTS)",
				  s->step[i].point->name);
	}
	if (cpus < s->cpus_min || (s->cpus_max && cpus > s->cpus_max))
		return error__set(err, -EOPNOTSUPP, "%ld CPU(s), and it is for %s %u", cpus,
				  cpus < s->cpus_min ? "at least" : "at most",
				  cpus < s->cpus_min ? s->cpus_min : s->cpus_max);
	return check_programs(x, err);
}
