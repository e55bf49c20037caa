// SPDX-License-Identifier: GPL-2.0-only
/* Learns the ways into the fault points, then tries each of them. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "inject/in_use.h"
#include "lib/log.h"
#include "lib/process.h"
#include "report/lines.h"
#include "source/inventory.h"
#include "source/kernel.h"
#include "sweep.h"

#define BASELINE	"no-fault"	/* id of the run that learns */
#define MOST_CASES	10000		/* occurrences of one stack */
#define STARTED_MAX	2		/* a run that took the machine down this often is not tried again */

static void leave_out(void *ctx, const char *text)
{
	struct sweep *s = ctx;

	json_array_append_new(s->left_out, json_string(text));
}

static void on_violation(void *ctx, const struct violation *v)
{
	struct sweep *s = ctx;

	if (!s->now)
		return;
	s->now->seen.violations++;
	json_array_append_new(s->now->violations, json__violation(v));
}

/* Was a device taken away, so that its user may notice? */
static void on_event(void *ctx, const struct atcq_event *ev)
{
	struct sweep *s = ctx;

	if (s->now && ((ev->type == ATCQ_EV_DEVICE_BLOCKED && ev->code >= ATCQ_BLOCKED_RESET_FAILED) ||
		       (ev->type == ATCQ_EV_RESET_DONE && ev->ret) ||
		       (ev->type == ATCQ_EV_RESET_PREPARE && ev->ret) ||
		       (ev->type == ATCQ_EV_ATS_BLOCKED) ||
		       (ev->type == ATCQ_EV_FAULT_FIRED && ev->code == ATCQ_FAULT_REATTACH_FAIL)))
		s->now->seen.taken = true;
}

/* Does the list name the fault, or an id that begins with it? Without a list all are meant */
static bool is_named(const struct opt_list *list, const char *name)
{
	size_t len = strlen(name);

	for (size_t i = 0; i < list->n; i++)
		if (!strncmp(list->v[i], name, len) && (!list->v[i][len] || list->v[i][len] == ':'))
			return true;
	return !list->n;
}

static int check_names(const struct sweep_opts *o)
{
	uint32_t segment, addr;
	char name[32], bdf[16];

	for (size_t i = 0; i < o->device.n; i++) {
		if (!bdf__parse(o->device.v[i], bdf, &segment, &addr))
			continue;
		log__error("'%s' is not a PCI address like 0000:01:00.0", o->device.v[i]);
		return EXIT_USAGE;
	}
	for (size_t i = 0; i < o->fault.n + o->only.n; i++) {
		const char *text = i < o->fault.n ? o->fault.v[i] : o->only.v[i - o->fault.n];

		snprintf(name, sizeof(name), "%s", text);
		if (i >= o->fault.n)
			name[strcspn(name, ":")] = '\0';
		if (!strcmp(text, BASELINE) || fault_point__find(name))
			continue;
		log__error("unknown fault '%s'; 'atcq inject --list' shows all", name);
		return EXIT_USAGE;
	}
	return 0;
}

/* One plan with all faults: for the discovery pass and the safety check; 0 or an exit code */
static int plan_all(struct sweep *s, struct plan *plan)
{
	struct error err = { "" };
	char text[160];
	int ret = 0;

	for (size_t i = 0; i < fault_points_n && !ret; i++) {
		const struct fault_point *point = &fault_points[i];

		if (!is_named(&s->o->fault, point->name) || !is_named(&s->o->only, point->name))
			continue;
		if (probe__has_function(point->function)) {
			ret = sweep__plan(s, plan, point, 0, &err);
			continue;
		}
		snprintf(text, sizeof(text), "%s: not in this kernel", point->name);
		leave_out(s, text);
	}
	if (ret) {
		log__error("%s", *err.text ? err.text : strerror(-ret));
		return ret == -EINVAL || ret == -ENOSPC ? EXIT_USAGE : EXIT_ENVIRONMENT;
	}
	if (!plan->nrules) {
		log__error("this kernel has none of the fault points: they need patches/linux with CONFIG_IOMMU_FAULT_POINTS");
		return EXIT_ENVIRONMENT;
	}
	if (!s->o->dry_run && arm__check(plan, &err)) {
		log__error("%s", err.text);
		return EXIT_ENVIRONMENT;
	}
	return 0;
}

static int find_code(struct sweep *s)
{
	int ret = ksyms__load(&s->ksyms, "/proc/kallsyms");

	for (size_t i = 0; !ret && i < fault_points_n; i++)
		ksyms__range(s->ksyms, fault_points[i].function, &s->by.hook_code[fault_points[i].number]);
	for (int i = 0; !ret && sweep_boundaries[i] && i < ATCQ_MAX_CUTS; i++)
		ksyms__range(s->ksyms, sweep_boundaries[i], &s->by.boundary[i]);
	if (ret)
		log__error("/proc/kallsyms: %s%s", strerror(-ret),
			   ret == -EPERM ? " (needs root, or kernel.kptr_restrict=0 or 1)" : "");
	return ret;
}

/* Which sweep this is, for its journal */
static json_t *header(const struct sweep *s, const struct plan *all)
{
	json_t *workload = json_array();
	struct utsname un = { 0 };

	uname(&un);
	for (char **word = s->workload; *word; word++)
		json_array_append_new(workload, json_string(*word));
	return json_pack("{s:s, s:i, s:s, s:s, s:o, s:o, s:I, s:I}", "type", "sweep", "version", 1,
			 "kernel", un.release, "build", un.version, "workload", workload,
			 "rules", plan__rules(all), "up_to", (json_int_t)s->o->up_to,
			 "stacks", (json_int_t)s->o->stacks);
}

static int open_journal(struct sweep *s, const struct plan *all)
{
	struct error err;
	json_t *which;
	int ret;

	if (!s->o->resume)
		return 0;
	which = header(s, all);
	ret = journal__open(&s->journal, s->o->resume, which, &err);
	json_decref(which);
	if (ret)
		log__error("--resume %s", err.text);
	return !ret ? 0 : ret == -EINVAL ? EXIT_USAGE : EXIT_ENVIRONMENT;
}

/* Logs why the sweep cannot continue; returns an exit code */
static int failed(const char *id, const char *err)
{
	log__error("%s: %s", id, err);
	return EXIT_ENVIRONMENT;
}

/* Drops the cases that --only does not name */
static void select_cases(struct sweep *s)
{
	size_t kept = 0;

	for (size_t i = 0; i < s->cases.n && s->o->only.n; i++) {
		bool named = false;

		for (size_t k = 0; k < s->o->only.n; k++)
			named |= !strcmp(s->o->only.v[k], s->cases.c[i].id);
		if (named)
			s->cases.c[kept++] = s->cases.c[i];
	}
	if (s->o->only.n)
		s->cases.n = kept;
}

/* Lists the faults that no stack reached */
static void leave_out_unreached(struct sweep *s, const struct plan *all)
{
	char text[96];

	for (size_t i = 0; i < all->nrules; i++) {
		const struct fault_point *point = all->rule[i]->point;
		bool reached = i && all->rule[i - 1]->point == point;

		for (size_t k = 0; k < s->cases.nstacks; k++)
			reached |= s->cases.stack[k].point == point;
		snprintf(text, sizeof(text), "%s: the workload does not get there", point->name);
		if (!reached)
			leave_out(s, text);
	}
}

/* Runs the workload without a fault: it must work, and shows which stacks reach fault points */
static int discover(struct sweep *s, const struct plan *all)
{
	struct error err = { "" };
	struct sweep_run t;
	json_t *result;
	bool bad;

	if (sweep_run__execute(s, all, 0, &t, &err)) {
		sweep_run__free(&t);
		return failed(BASELINE, err.text);
	}
	leave_out_unreached(s, all);
	if (cases__make(&s->cases, s->o->only.n ? 0 : s->o->stacks,
			s->o->only.n ? MOST_CASES : s->o->up_to, leave_out, s))
		return failed(BASELINE, strerror(ENOMEM));
	select_cases(s);
	result = sweep_output__result(BASELINE, NULL, 0, &t);
	bad = sweep_verdict__is_bad(sweep_verdict__by_name(
		json_string_value(json_object_get(result, "verdict"))));
	if (bad || t.interrupted)
		s->cases.n = 0;
	sweep_output__start(s, s->cases.n + 1);
	if (!t.interrupted)
		sweep_output__run(s, result, &t);
	json_decref(result);
	sweep_run__free(&t);
	return 0;
}

/* A run that never ended: neither this program nor the machine may have survived it */
static json_t *gave_up(const struct sweep_case *c, unsigned int times)
{
	char reason[128];

	snprintf(reason, sizeof(reason), "it was begun %u times and never ended: does the machine survive it?", times);
	return json_pack("{s:s, s:s, s:s, s:[]}", "id", c->id, "verdict",
			 sweep_verdict__name(SWEEP_VIOLATED), "why", reason, "violations");
}

/* One case; 1: it was interrupted, or the devices do not work any more */
static int try_case(struct sweep *s, const struct sweep_case *c)
{
	const struct sweep_stack *stack = &s->cases.stack[c->stack];
	json_t *result = json_incref(journal__result(s->journal, c->id));
	unsigned int unfinished = journal__unfinished(s->journal, c->id);
	struct sweep_run t = { .output = -1 };
	struct error err = { "" };
	struct plan plan;
	int ret = 0;

	if (!result && unfinished >= STARTED_MAX)
		result = gave_up(c, unfinished);
	if (result) {
		sweep_output__run(s, result, NULL);
		json_decref(result);
		return 0;
	}
	sweep_output__progress(s, c->id, s->cases.n + 1);
	if (plan__init(&plan, &s->inv))
		return failed(c->id, strerror(ENOMEM));
	ret = journal__start(s->journal, c->id);
	if (!ret)
		ret = sweep__plan(s, &plan, stack->point, c->nth, &err);
	if (!ret)
		ret = sweep_run__execute(s, &plan, stack->key, &t, &err);
	if (ret) {
		ret = failed(c->id, *err.text ? err.text : strerror(-ret));
	} else if (t.interrupted) {
		ret = 1;
	} else {
		result = sweep_output__result(c->id, stack, c->nth, &t);
		if (journal__end(s->journal, result))
			ret = failed(s->o->resume, "cannot be written");
		sweep_output__run(s, result, &t);
		json_decref(result);
		if (!ret && *t.seen.unclean.text)
			ret = 1;
	}
	sweep_run__free(&t);
	plan__free(&plan);
	return ret;
}

static int sweep(struct sweep *s, const struct plan *all)
{
	struct error err;
	bool complete;
	size_t i = 0;
	int ret;

	if (device_reset__recover_all(all, &err)) {
		log__error("%s: a sweep begins with devices that work", err.text);
		return EXIT_ENVIRONMENT;
	}
	ret = discover(s, all);
	while (!ret && i < s->cases.n && !process__interrupted()) {
		ret = try_case(s, &s->cases.c[i]);
		i += !ret;
	}
	if (ret > 1)
		return ret;
	complete = i == s->cases.n && !process__interrupted();
	if (ret && !process__interrupted())
		log__error("the devices do not work any more: %zu run(s) are left", s->cases.n - i - 1);
	return sweep_output__end(s, complete);
}

static int with_plan(struct sweep *s, struct plan *all)
{
	int ret = plan_all(s, all);

	if (!ret && s->o->dry_run)
		return plan__print(all, s->o->max_devices, s->o->force, false);
	if (!ret)
		ret = plan__refusal(all, s->o->max_devices, s->o->force);
	if (!ret)
		ret = open_journal(s, all);
	if (!ret && find_code(s))
		ret = EXIT_ENVIRONMENT;
	if (ret)
		return ret;
	process__catch_signals();
	ret = monitor__open(&s->monitor, NULL, NULL, s);
	s->monitor.violation = on_violation;
	s->monitor.on_event = on_event;
	s->monitor.limits.domains = s->o->domains;
	s->kmsg = kmsg__open();
	if (!ret)
		ret = sweep(s, all);
	monitor__close(&s->monitor);
	if (s->kmsg >= 0)
		close(s->kmsg);
	return ret;
}

int sweep__main(const struct sweep_opts *o, char **workload)
{
	static struct sweep s;
	struct plan all = { 0 };
	int ret = check_names(o);

	if (ret)
		return ret;
	s = (struct sweep) { .o = o, .workload = workload, .left_out = json_array(),
			     .results = json_array() };
	if (inventory__read(&s.inv, "/sys") || !s.inv.nsmmu) {
		log__error("this machine has no SMMUv3 in use (nothing in /sys/class/iommu): no fault can be armed");
		ret = EXIT_ENVIRONMENT;
	}
	if (!ret)
		ret = sweep__choose_devices(&s);
	if (!ret && plan__init(&all, &s.inv))
		ret = EXIT_ENVIRONMENT;
	if (!ret)
		ret = with_plan(&s, &all);
	plan__free(&all);
	journal__close(s.journal);
	ksyms__free(s.ksyms);
	cases__free(&s.cases);
	inventory__free(&s.inv);
	json_decref(s.left_out);
	json_decref(s.results);
	return ret;
}
