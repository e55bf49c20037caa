// SPDX-License-Identifier: GPL-2.0-only
/* Executes steps, and arms their faults. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "inject/in_use.h"
#include "lib/clock.h"
#include "lib/log.h"
#include "scenario_internal.h"
#include "source/kernel.h"

/* Faults of a scenario: armed by a step, until it is disarmed or the repetition ends. */

/* A fault outlives the scenario's limit only if this process hangs */
#define MARGIN_NS	5000000000ull

static int fill(struct scenario_run *x, struct active_faults *a, struct error *err)
{
	int ret = plan__init(&a->plan, &x->monitor->inv);

	for (size_t i = 0; i < x->ndev && !ret; i++)
		if (a->step->names >> x->dev[i].request & 1)
			ret = rule__set(a->rule, "device", x->dev[i].bdf, err);
	return ret ? ret : plan__add(&a->plan, a->rule, err);
}

/* Refuses a fault that affects too many devices, or one of the host that the scenario does not name */
static int check_affected(const struct scenario_run *x, const struct active_faults *a, struct error *err)
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
			allowed &= !in_use__refusal(bdf, false);
	}
	if (!allowed)
		error__describe(err, "the host uses a device that this affects; --force overrides this");
	return allowed ? 0 : -EPERM;
}

static void end(struct active_faults *a)
{
	arm__free(a->arm);
	plan__free(&a->plan);
	free(a->rule);
	free(a);
}

static uint64_t deadline(const struct scenario_run *x)
{
	return x->started_ns + x->s->limit_ns + MARGIN_NS;
}

/* Registers the faults for other processes: one file per process, shared by all faults */
static int publish_faults(struct scenario_run *x, struct active_faults *a, struct error *err)
{
	struct registry_entry what = { .pid = getpid(), .started_ns = clock__boottime_ns(), .deadline_ns = deadline(x) };
	json_t *rules = json_array(), *more;
	int ret;

	for (size_t i = 0; i <= x->nactive; i++) {
		const struct active_faults *each = i < x->nactive ? x->active[i] : a;

		more = each->arm || each == a ? plan__rules(&each->plan) : NULL;
		if (more)
			json_array_extend(rules, more);
		json_decref(more);
	}
	registry__remove(x->file);
	x->file = NULL;
	what.rules = rules;
	ret = registry__create(&x->file, REGISTRY_DIR, &what, err);
	json_decref(rules);
	return ret;
}

static bool inject__step(struct scenario_run *x, const struct step *st)
{
	struct active_faults *a = calloc(1, sizeof(*a));
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
		ret = publish_faults(x, a, &err);
	if (!ret)
		ret = arm__new(&a->arm, &a->plan, NULL, NULL, &err);
	if (!ret)
		ret = arm__attach(a->arm, &err);
	if (!ret)
		ret = arm__start(a->arm, deadline(x), &err);
	if (!ret) {
		x->active[x->nactive++] = a;
		return true;
	}
	run__fail(x, "line %u: inject %s: %s", st->line, st->point->name, *err.text ? err.text : strerror(-ret));
	x->environment = true;
	if (a)
		end(a);
	return false;
}

void inject__disarm(struct scenario_run *x, const struct fault_point *point)
{
	struct atcq_rule_state st;

	for (size_t i = 0; i < x->nactive; i++) {
		struct active_faults *a = x->active[i];

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

void inject__check(struct scenario_run *x)
{
	for (size_t i = 0; i < x->nactive; i++) {
		const struct active_faults *a = x->active[i];

		if (a->step->fires == SCENARIO_ANY ? a->fired > 0 : a->fired == a->step->fires)
			continue;
		if (a->step->fires == SCENARIO_ANY)
			run__fail(x, "line %u: %s never fired", a->step->line, a->step->point->name);
		else
			run__fail(x, "line %u: %s fired %" PRIu64 " times, not %" PRIu64, a->step->line,
				  a->step->point->name, a->fired, a->step->fires);
	}
}

void inject__end(struct scenario_run *x)
{
	inject__disarm(x, NULL);
	for (size_t i = 0; i < x->nactive; i++)
		end(x->active[i]);
	x->nactive = 0;
	registry__remove(x->file);
	x->file = NULL;
}

#define WAIT_NS		10000000000ull
#define DMA_NS		100000000ull

static const struct resolved_device *not_yet(struct scenario_run *x, const struct state_of *of)
{
	for (size_t i = 0; i < x->ndev; i++)
		if (of->names >> x->dev[i].request & 1 && !condition__holds(x, &x->dev[i], of->what))
			return &x->dev[i];
	return NULL;
}

static const char *is_now(const struct resolved_device *b, char text[80])
{
	char blocked[32] = "?", ats[32] = "?";

	if (attr__read(b->bdf, "vendor", text, 80))
		return "it is gone";
	attr__read(b->bdf, "iommu_state/blocked", blocked, sizeof(blocked));
	attr__read(b->bdf, "arm-smmu-v3/ats", ats, sizeof(ats));
	snprintf(text, 80, "blocked: %s, ATS: %s", blocked, ats);
	return text;
}

static bool wait_state(struct scenario_run *x, const struct step *st, const struct state_of *of)
{
	uint64_t until = clock__boottime_ns() + WAIT_NS;
	const struct resolved_device *b;
	char text[80];

	while ((b = not_yet(x, of))) {
		if (clock__boottime_ns() >= until) {
			run__fail(x, "line %u: timed out waiting for '%s %s' (%s is %s)", st->line,
				  run__device_name(x, b), condition__name(of->what), b->bdf, is_now(b, text));
			return false;
		}
		if (!run__wait(x, 2000000))
			return false;
	}
	return true;
}

static bool check(struct scenario_run *x, const struct step *st)
{
	const struct resolved_device *b;
	char text[80];

	for (size_t i = 0; i < st->nstates; i++) {
		b = not_yet(x, &st->state[i]);
		if (b)
			run__fail(x, "line %u: %s is not %s: of %s, %s", st->line, run__device_name(x, b),
				  condition__name(st->state[i].what), b->bdf, is_now(b, text));
	}
	return true;
}

/* ATC invalidations that a device is sent in some time: none, or some */
static bool traffic(struct scenario_run *x, const struct step *st)
{
	uint32_t before[RUN_DEVICES], now, timeouts;
	uint64_t until = clock__boottime_ns() + 5000000000ull;

	for (size_t i = 0; i < x->ndev; i++)
		testdev__counters(x->by, x->dev[i].addr, &before[i], &timeouts);
	if (!run__wait(x, st->time_ns))
		return false;
	for (size_t i = 0; i < x->ndev; i++) {
		const struct resolved_device *b = &x->dev[i];

		if (!(st->names >> b->request & 1))
			continue;
		now = before[i];
		testdev__counters(x->by, b->addr, &now, &timeouts);
		/* A busy machine may need longer to show that something comes, never to show that it does not */
		while (st->kind == STEP_BUSY && now == before[i] && clock__boottime_ns() < until &&
		       run__wait(x, 20000000))
			testdev__counters(x->by, b->addr, &now, &timeouts);
		if (st->kind == STEP_BUSY && now == before[i])
			run__fail(x, "line %u: %s (%s) is sent no ATC invalidations", st->line, run__device_name(x, b), b->bdf);
		if (st->kind == STEP_SILENT && now != before[i])
			run__fail(x, "line %u: %s (%s) is sent %u ATC invalidation(s)", st->line,
				  run__device_name(x, b), b->bdf, now - before[i]);
	}
	return true;
}

static bool dma_of(struct scenario_run *x, const struct step *st, const struct resolved_device *b, bool works)
{
	uint64_t written[2], lost[2];

	for (int i = 0; i < 2; i++) {
		if (i && !run__wait(x, DMA_NS))
			return false;
		if (work__dma(x, b->bdf, &written[i], &lost[i]))
			continue;
		run__fail(x, "line %u: no workload with 'dma: yes' uses %s (%s)", st->line, run__device_name(x, b), b->bdf);
		return false;
	}
	if (works && (written[1] == written[0] || lost[1] != lost[0]))
		run__fail(x, "line %u: DMA of %s (%s) does not work: %" PRIu64 " written, %" PRIu64 " lost", st->line,
			  run__device_name(x, b), b->bdf, written[1] - written[0], lost[1] - lost[0]);
	if (!works && (written[1] != written[0] || lost[1] == lost[0]))
		run__fail(x, "line %u: DMA of %s (%s) is not refused: %" PRIu64 " written, %" PRIu64 " lost", st->line,
			  run__device_name(x, b), b->bdf, written[1] - written[0], lost[1] - lost[0]);
	return true;
}

static bool dma(struct scenario_run *x, const struct step *st)
{
	for (size_t k = 0; k < st->nstates; k++)
		for (size_t i = 0; i < x->ndev; i++)
			if (st->state[k].names >> x->dev[i].request & 1 &&
			    !dma_of(x, st, &x->dev[i], st->state[k].what == COND_DMA_WORKS))
				return false;
	return true;
}

static bool answer(struct scenario_run *x, const struct step *st)
{
	int ret = 0;

	for (size_t i = 0; i < x->ndev && !ret; i++) {
		const struct resolved_device *b = &x->dev[i];

		if (!(st->names >> b->request & 1))
			continue;
		ret = testdev__set(x->by, b->addr, st->kind == STEP_DEAD ? TESTDEV_NEVER : st->kind == STEP_HEAL ? TESTDEV_ANSWER :
				   st->kind == STEP_SLOW ? TESTDEV_SLOW : TESTDEV_AS_IT_IS, st->time_ns / 1000,
				   st->kind == STEP_STUBBORN ? 0 : st->kind == STEP_HEAL ? 1 : -1);
		if (ret)
			run__fail(x, "line %u: %s: %s", st->line, b->bdf, strerror(-ret));
	}
	return !ret;
}

static bool write_each(struct scenario_run *x, const struct step *st)
{
	for (size_t i = 0; i < x->ndev; i++)
		if (st->names >> x->dev[i].request & 1 && !ops__start(x, st, &x->dev[i]))
			return false;
	return st->background || ops__wait(x, st);
}

static bool waits(struct scenario_run *x, const struct step *st)
{
	if (!st->nstates)
		return run__wait(x, st->time_ns);
	for (size_t i = 0; i < st->nstates; i++)
		if (!wait_state(x, st, &st->state[i]))
			return false;
	return true;
}

/* Phases seen before a step acted on the device do not satisfy a later wait */
static void note_seen(struct scenario_run *x, const struct step *st)
{
	for (size_t i = 0; i < x->ndev; i++)
		if (st->names >> x->dev[i].request & 1)
			memcpy(x->dev[i].before, x->dev[i].seen, sizeof(x->dev[i].seen));
}

bool step__do(struct scenario_run *x, const struct step *st)
{
	if (st->after_ns && !run__wait(x, st->after_ns))
		return false;
	if (st->when.what != COND_NONE && !wait_state(x, st, &st->when))
		return false;
	if (st->kind <= STEP_SLOT_ON)
		note_seen(x, st);
	switch (st->kind) {
	case STEP_DEAD: case STEP_HEAL: case STEP_SLOW: case STEP_STUBBORN:
		return answer(x, st);
	case STEP_INJECT:
		return inject__step(x, st);
	case STEP_DISARM:
		inject__disarm(x, st->point);
		return true;
	case STEP_RESET: case STEP_REMOVE: case STEP_FIND: case STEP_SLOT_OFF: case STEP_SLOT_ON:
		return write_each(x, st);
	case STEP_RUN:
		return ops__start(x, st, NULL) && (st->background || ops__wait(x, st));
	case STEP_WAIT:
		return waits(x, st);
	case STEP_CHECK:
		return check(x, st);
	case STEP_SILENT: case STEP_BUSY:
		return traffic(x, st);
	case STEP_DMA:
		return dma(x, st);
	case STEP_START:
		return work__start(x, st->names);
	case STEP_STOP:
		work__stop(x, st->names);
		return true;
	case STEP_FINISH:
		return ops__wait(x, NULL);
	case STEP_KINDS:
		break;
	}
	return true;
}
