// SPDX-License-Identifier: GPL-2.0-only
/* Checks a repetition against what its scenario expects: strict unless the scenario allows more. */
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "inject/in_use.h"
#include "lib/clock.h"
#include "lib/log.h"
#include "lib/process.h"
#include "scenario_internal.h"
#include "source/kernel.h"

#define SETTLE_NS	3000000000ull

static enum condition should_end(const struct scenario_run *x, size_t request)
{
	for (size_t i = 0; i < x->s->expect.nends; i++)
		if (x->s->expect.ends[i].names >> request & 1)
			return x->s->expect.ends[i].what;
	return COND_HEALTHY;
}

static const struct resolved_device *not_at_end(struct scenario_run *x)
{
	for (size_t i = 0; i < x->ndev; i++)
		if (!condition__holds(x, &x->dev[i], should_end(x, x->dev[i].request)))
			return &x->dev[i];
	return NULL;
}

static void check_ends(struct scenario_run *x)
{
	uint64_t until = clock__boottime_ns() + SETTLE_NS;
	const struct resolved_device *b;

	while ((b = not_at_end(x)) && clock__boottime_ns() < until)
		if (!run__wait(x, 5000000))
			return;
	if (b)
		run__fail(x, "at the end %s (%s) is not %s", run__device_name(x, b), b->bdf,
			  condition__name(should_end(x, b->request)));
}

/* Is the state of a device in sysfs consistent? */
static void check_sysfs(struct scenario_run *x, const struct device *d)
{
	if (!d->state_known || !d->blocked == !d->blocked_since_ns)
		return;
	if (d->blocked)
		run__fail(x, "%s is blocked, but sysfs does not say since when", d->bdf);
	else
		run__fail(x, "%s is not blocked, but sysfs has a time since when it is", d->bdf);
}

/* All other devices behind an SMMU are unchanged */
static void check_others(struct scenario_run *x)
{
	struct inventory now;

	if (inventory__read(&now, "/sys"))
		return;
	for (size_t i = 0; i < now.ndev; i++)
		check_sysfs(x, &now.dev[i]);
	for (size_t i = 0; i < x->inv.ndev; i++) {
		const struct device *was = &x->inv.dev[i], *is = inventory__by_bdf(&now, was->bdf);
		bool named = false;

		for (size_t k = 0; k < x->ndev; k++)
			named |= !strcmp(x->dev[k].bdf, was->bdf);
		if (named)
			continue;
		if (!is)
			run__fail(x, "%s, which has nothing to do with it, is gone", was->bdf);
		else if (is->blocked != was->blocked || is->ats != was->ats)
			run__fail(x, "%s, which has nothing to do with it, is now %s, ATS %s", was->bdf,
				  device__state_name(is), ats_state__name(is->ats));
	}
	inventory__free(&now);
}

static uint64_t count_timeouts(struct scenario_run *x)
{
	names_t hurt = scenario__hurt(x->s);
	uint32_t received, timeouts;
	uint64_t sum = 0;

	for (size_t i = 0; i < x->ndev && *x->by; i++) {
		const struct resolved_device *b = &x->dev[i];

		if (testdev__counters(x->by, b->addr, &received, &timeouts))
			continue;
		timeouts -= b->timeouts;
		sum += timeouts;
		if (timeouts && !(hurt >> b->request & 1))
			run__fail(x, "%s (%s), which is not at fault, did not answer %u time(s)",
				  run__device_name(x, b), b->bdf, timeouts);
	}
	return sum;
}

static bool within(const struct range *r, uint64_t n)
{
	return n >= r->min && n <= r->max;
}

static void check_count(struct scenario_run *x, enum expect_count c, uint64_t is)
{
	struct range r = x->s->expect.count[c];
	char request[64];

	if (within(&r, is))
		return;
	if (r.min == r.max)
		snprintf(request, sizeof(request), "%" PRIu64, r.min);
	else if (r.max == SCENARIO_ANY)
		snprintf(request, sizeof(request), "at least %" PRIu64, r.min);
	else
		snprintf(request, sizeof(request), "%" PRIu64 " to %" PRIu64, r.min, r.max);
	run__fail(x, "%s: %" PRIu64 ", not %s", expect_count_names[c], is, request);
}

static uint64_t stalls(const struct scenario_run *x)
{
	json_t *line;
	uint64_t n = 0;
	size_t i;

	json_array_foreach(x->log, i, line)
		n += strstr(json_string_value(line), "CMD_SYNC timeout") || strstr(json_string_value(line), "CMDQ timeout");
	return n;
}

static void check_counts(struct scenario_run *x)
{
	const struct tracker_totals *t = &x->totals;
	const struct expect *e = &x->s->expect;

	check_count(x, COUNT_incidents, t->incidents);
	check_count(x, COUNT_injected, t->injected);
	check_count(x, COUNT_removed, t->removed);
	check_count(x, COUNT_cleared, t->cleared);
	check_count(x, COUNT_open, x->open);
	check_count(x, COUNT_atc_timeouts, t->atc_timeouts);
	check_count(x, COUNT_cmdq_errors, t->cmdq_errors);
	check_count(x, COUNT_resets_failed, t->resets_failed);
	if (*x->by)
		check_count(x, COUNT_timeouts, count_timeouts(x));
	check_count(x, COUNT_stalls, stalls(x));
	if (e->given[COUNT_recovered])
		check_count(x, COUNT_recovered, t->recovered);
	else if (t->recovered + t->removed + x->open != t->incidents)
		run__fail(x, "%" PRIu64 " of %" PRIu64 " incidents recovered, %" PRIu64 " open, %" PRIu64 " removed",
			  t->recovered, t->incidents, x->open, t->removed);
	/* Other kernels do not report all phases */
	if (!x->s->any_kernel || e->given[COUNT_incomplete])
		check_count(x, COUNT_incomplete, x->incomplete);
}

static bool is_allowed(const struct scenario_run *x, const char *line)
{
	for (size_t i = 0; i < x->s->expect.nallow; i++)
		if (strstr(line, x->s->expect.allow[i].text))
			return true;
	return false;
}

static const char *find_line(const struct scenario_run *x, const char *text)
{
	json_t *line;
	size_t i;

	json_array_foreach(x->log, i, line)
		if (strstr(json_string_value(line), text))
			return json_string_value(line);
	return NULL;
}

static void check__log(struct scenario_run *x)
{
	const struct expect *e = &x->s->expect;
	json_t *line;
	size_t i;

	kmsg__lines(x->kmsg, x->log);
	json_array_foreach(x->log, i, line)
		if (kmsg__is_warning(json_string_value(line)) && !is_allowed(x, json_string_value(line))) {
			run__fail(x, "the kernel complains: %s", json_string_value(line));
			break;
		}
	for (i = 0; i < e->nlog; i++)
		if (!find_line(x, e->log[i]))
			run__fail(x, "the kernel's log lacks '%s'", e->log[i]);
	for (i = 0; i < e->nno_log; i++)
		if (find_line(x, e->no_log[i]))
			run__fail(x, "the kernel's log has '%s'", find_line(x, e->no_log[i]));
}

static void check_invariants(struct scenario_run *x)
{
	if (x->s->any_kernel)
		return;
	for (int i = 0; i < INV_MAX; i++)
		if (invariants__verdict(x->monitor->invariants, i) == VERDICT_NOT_CHECKED)
			x->events_complete = false;
}

/* Checks at the end of a repetition, while the workload still runs */
static void check__repetition(struct scenario_run *x)
{
	check_ends(x);
	/* The latest events may still be in the ring buffer */
	run__wait(x, 100000000);
	monitor__finish(x->monitor);
	x->totals = *tracker__totals(x->monitor->tracker);
	x->open = tracker__open_count(x->monitor->tracker);
	check_invariants(x);
	check__log(x);
	check_counts(x);
	check_others(x);
	inject__disarm(x, NULL);
	inject__check(x);
}

/* One repetition of a scenario, from a clean state to a clean state. */

/* Makes a device answer and work again.  @used: resets it even if its state is good. 0 or -errno */
static int recover(struct scenario_run *x, const struct resolved_device *b, bool used, struct error *err)
{
	if (*x->by && testdev__set(x->by, b->addr, TESTDEV_ANSWER, 0, 1) && !device_reset__status(b->bdf))
		return error__set(err, -EIO, "%s does not heal", b->bdf);
	if (!device_reset__status(b->bdf) && !(used && scenario__hurt(x->s) >> b->request & 1))
		return 0;
	return device_reset__recover(b->bdf, err);
}

/* Finds unplugged devices again first */
static bool recover_all(struct scenario_run *x, bool used)
{
	const struct step rescan = { .kind = STEP_FIND }, slot_on = { .kind = STEP_SLOT_ON };
	struct error err;
	bool removed = false;

	for (size_t i = 0; i < x->ndev; i++) {
		if (!condition__holds(x, &x->dev[i], COND_REMOVED))
			continue;
		removed = true;
		if (*x->by)
			testdev__set(x->by, x->dev[i].addr, TESTDEV_ANSWER, 0, 1);
		ops__start(x, &slot_on, &x->dev[i]);
		ops__wait(x, &slot_on);
		ops__start(x, &rescan, &x->dev[i]);
		ops__wait(x, &rescan);
	}
	for (size_t i = 0; i < x->ndev; i++) {
		for (int k = 0; removed && k < 200 && device_reset__status(x->dev[i].bdf); k++)
			monitor__poll(x->monitor, 10);
		if (!recover(x, &x->dev[i], used, &err))
			continue;
		run__fail(x, "no clean state: %s", err.text);
		return false;
	}
	return true;
}

static void start(struct scenario_run *x)
{
	x->started_ns = clock__boottime_ns();
	x->longest_unmap_ns = x->incomplete = x->resets_failed = x->open = 0;
	x->events_complete = true;
	x->totals = (struct tracker_totals) { 0 };
	json_decref(x->log);
	x->log = json_array();
	for (size_t i = 0; i < x->ndev; i++) {
		struct resolved_device *b = &x->dev[i];

		memset(b->seen, 0, sizeof(b->seen));
		memset(b->before, 0, sizeof(b->before));
		if (*x->by)
			testdev__counters(x->by, b->addr, &b->received, &b->timeouts);
	}
}

/* Devices recovered, monitor restarted, workload running; false: the repetition cannot start */
static bool prepare(struct scenario_run *x)
{
	json_t *old = json_array();

	kmsg__lines(x->kmsg, old);
	json_decref(old);
	start(x);
	if (!recover_all(x, false) || !work__start(x, 0)) {
		/* Before the first repetition this is an error of the environment, later of the kernel */
		x->environment = x->first;
		return false;
	}
	/* Ignores the resets that opening the devices causes */
	monitor__poll(x->monitor, 0);
	if (monitor__restart(x->monitor)) {
		run__fail(x, "events cannot be read any more");
		x->environment = true;
		return false;
	}
	start(x);
	return true;
}

static void check_unmaps(struct scenario_run *x)
{
	uint64_t limit = x->s->expect.longest_unmap_ns;

	if (limit && x->longest_unmap_ns > limit)
		run__fail(x, "the longest unmap took %.3f ms, more than %.3f ms",
			  (double)x->longest_unmap_ns / 1e6, (double)limit / 1e6);
}

bool repetition__run(struct scenario_run *x)
{
	bool went_on = prepare(x);
	size_t before = x->nreasons;

	if (went_on) {
		for (size_t i = 0; i < x->s->nsteps && went_on; i++)
			went_on = step__do(x, &x->s->step[i]);
		went_on = went_on && ops__wait(x, NULL);
		if (went_on)
			check__repetition(x);
		else
			check__log(x);
	}
	inject__end(x);
	/* The recovery has a time limit of its own */
	x->started_ns = clock__boottime_ns();
	if (x->nreasons == before)
		work__stop(x, 0);
	ops__kill(x);
	for (size_t i = 0; *x->by && i < x->ndev; i++)
		testdev__set(x->by, x->dev[i].addr, TESTDEV_ANSWER, 0, 1);
	work__stop(x, 0);
	check_unmaps(x);
	return recover_all(x, true);
}
