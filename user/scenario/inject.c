// SPDX-License-Identifier: GPL-2.0-only
/* Faults of a scenario: armed by a step, until it is disarmed or the repetition ends. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "exec.h"
#include "inject/permit.h"
#include "inject/safety.h"
#include "lib/clock.h"
#include "lib/log.h"

/* A fault outlives the scenario's limit only if this process hangs */
#define MARGIN_NS	5000000000ull

static int fill(struct exec *x, struct armed_step *a, struct error *err)
{
	int ret = plan__init(&a->plan, &x->watch->inv);

	for (size_t i = 0; i < x->ndev && !ret; i++)
		if (a->step->names >> x->dev[i].want & 1)
			ret = rule__set(a->rule, "device", x->dev[i].bdf, err);
	return ret ? ret : plan__add(&a->plan, a->rule, err);
}

/* Those that a fault affects without being named by the scenario: not too many, and not the host's */
static int check_affected(const struct exec *x, const struct armed_step *a, struct error *err)
{
	size_t n = plan__affected(&a->plan);
	bool allowed = true;

	if (n > x->max_devices)
		return error__set(err, -EPERM, "this affects %zu devices, more than --max-devices %" PRIu64, n, x->max_devices);
	for (size_t i = 0; i < a->plan.inv->ndev; i++) {
		const char *bdf = a->plan.inv->dev[i].bdf;
		bool named = false;

		for (size_t k = 0; k < x->ndev; k++)
			named |= !strcmp(x->dev[k].bdf, bdf);
		if (a->plan.affected[i] && !named && !x->force)
			allowed &= !safety__refusal(bdf, false);
	}
	if (!allowed)
		error__describe(err, "the host uses a device that this affects; --force goes on");
	return allowed ? 0 : -EPERM;
}

static void end(struct armed_step *a)
{
	arm__free(a->arm);
	plan__free(&a->plan);
	free(a->rule);
	free(a);
}

static uint64_t deadline(const struct exec *x)
{
	return x->began_ns + x->s->limit_ns + MARGIN_NS;
}

/* What others are told: one file a process, so that the faults share one */
static int tell_others(struct exec *x, struct armed_step *a, struct error *err)
{
	struct armed what = { .pid = getpid(), .started_ns = clock__boottime_ns(), .deadline_ns = deadline(x) };
	json_t *rules = json_array(), *more;
	int ret;

	for (size_t i = 0; i <= x->narmed; i++) {
		const struct armed_step *each = i < x->narmed ? x->armed[i] : a;

		more = each->arm || each == a ? permit__rules(&each->plan) : NULL;
		if (more)
			json_array_extend(rules, more);
		json_decref(more);
	}
	armed__remove(x->file);
	x->file = NULL;
	what.rules = rules;
	ret = armed__create(&x->file, ARMED_DIR, &what, err);
	json_decref(rules);
	return ret;
}

bool inject__step(struct exec *x, const struct step *st)
{
	struct armed_step *a = calloc(1, sizeof(*a));
	struct error err = { "" };
	int ret = a && (a->rule = malloc(sizeof(*a->rule))) ? 0 : -ENOMEM;

	if (!ret) {
		*a->rule = *st->rule;
		a->step = st;
		ret = fill(x, a, &err);
	}
	if (!ret)
		ret = check_affected(x, a, &err);
	if (!ret)
		ret = tell_others(x, a, &err);
	if (!ret)
		ret = arm__new(&a->arm, &a->plan, NULL, NULL, &err);
	if (!ret)
		ret = arm__attach(a->arm, &err);
	if (!ret)
		ret = arm__start(a->arm, deadline(x), &err);
	if (!ret) {
		x->armed[x->narmed++] = a;
		return true;
	}
	exec__fail(x, "line %u: inject %s: %s", st->line, st->point->name, *err.text ? err.text : strerror(-ret));
	x->environment = true;
	if (a)
		end(a);
	return false;
}

void inject__disarm(struct exec *x, const struct fault_point *point)
{
	struct atcq_rule_state st;

	for (size_t i = 0; i < x->narmed; i++) {
		struct armed_step *a = x->armed[i];

		if (!a->arm || (point && a->step->point != point))
			continue;
		arm__stop(a->arm);
		for (size_t r = 0; r < a->plan.nrules; r++)
			if (!arm__state(a->arm, r, &st))
				a->fired += st.fired;
		arm__free(a->arm);
		a->arm = NULL;
	}
}

void inject__judge(struct exec *x)
{
	for (size_t i = 0; i < x->narmed; i++) {
		const struct armed_step *a = x->armed[i];

		if (a->step->fires == SCENARIO_ANY ? a->fired > 0 : a->fired == a->step->fires)
			continue;
		if (a->step->fires == SCENARIO_ANY)
			exec__fail(x, "line %u: %s never fired", a->step->line, a->step->point->name);
		else
			exec__fail(x, "line %u: %s fired %" PRIu64 " times, not %" PRIu64, a->step->line,
				   a->step->point->name, a->fired, a->step->fires);
	}
}

void inject__end(struct exec *x)
{
	inject__disarm(x, NULL);
	for (size_t i = 0; i < x->narmed; i++)
		end(x->armed[i]);
	x->narmed = 0;
	armed__remove(x->file);
	x->file = NULL;
}
