// SPDX-License-Identifier: GPL-2.0-only
/* One repetition of a scenario, from a clean state to a clean state. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "exec.h"
#include "inject/reset.h"
#include "lib/clock.h"
#include "lib/log.h"
#include "lib/process.h"
#include "source/kernel.h"
#include "testdev.h"

void exec__fail(struct exec *x, const char *fmt, ...)
{
	va_list ap;

	if (x->nwhy == EXEC_WHYS)
		return;
	va_start(ap, fmt);
	vsnprintf(x->why[x->nwhy++], sizeof(x->why[0]), fmt, ap);
	va_end(ap);
}

bool exec__watch(struct exec *x, uint64_t ns)
{
	uint64_t now = clock__boottime_ns(), end = now + ns, limit = x->began_ns + x->s->limit_ns;

	do {
		uint64_t left = end > now ? (end - now) / 1000000 : 0;

		if (process__interrupted()) {
			x->interrupted = true;
			exec__fail(x, "interrupted");
			return false;
		}
		if (now >= limit) {
			exec__fail(x, "did not end within its limit of %.0f s", (double)x->s->limit_ns / 1e9);
			return false;
		}
		if (watch__poll(x->watch, left > 20 ? 20 : (int)left)) {
			exec__fail(x, "events cannot be read any more");
			x->environment = true;
			return false;
		}
		now = clock__boottime_ns();
	} while (now < end);
	return true;
}

/* A device answers again, and works.  @used: a reset has to show that, even if it seems to */
static bool mend(struct exec *x, const struct bound *b, bool used, char *why, size_t len)
{
	if (*x->by && testdev__set(x->by, b->addr, TESTDEV_ANSWER, 0, 1) && !device_reset__status(b->bdf)) {
		snprintf(why, len, "%s does not heal", b->bdf);
		return false;
	}
	if (!device_reset__status(b->bdf) && !(used && scenario__hurt(x->s) >> b->want & 1))
		return true;
	return device_reset__recover(b->bdf, why, len);
}

/* Those that were unplugged are found again first */
static bool mend_all(struct exec *x, bool used)
{
	const struct step rescan = { .kind = STEP_FIND }, slot_on = { .kind = STEP_SLOT_ON };
	char why[192];
	bool gone = false;

	for (size_t i = 0; i < x->ndev; i++) {
		if (!condition__holds(x, &x->dev[i], COND_GONE))
			continue;
		gone = true;
		if (*x->by)
			testdev__set(x->by, x->dev[i].addr, TESTDEV_ANSWER, 0, 1);
		ops__start(x, &slot_on, &x->dev[i]);
		ops__wait(x, &slot_on);
		ops__start(x, &rescan, &x->dev[i]);
		ops__wait(x, &rescan);
	}
	for (size_t i = 0; i < x->ndev; i++) {
		for (int k = 0; gone && k < 200 && device_reset__status(x->dev[i].bdf); k++)
			watch__poll(x->watch, 10);
		if (mend(x, &x->dev[i], used, why, sizeof(why)))
			continue;
		exec__fail(x, "no clean state: %s", why);
		return false;
	}
	return true;
}

static void begin(struct exec *x)
{
	x->began_ns = clock__boottime_ns();
	x->longest_unmap_ns = x->incomplete = x->resets_failed = x->open = 0;
	x->judged = true;
	x->totals = (struct tracker_totals) { 0 };
	json_decref(x->log);
	x->log = json_array();
	for (size_t i = 0; i < x->ndev; i++) {
		struct bound *b = &x->dev[i];

		memset(b->seen, 0, sizeof(b->seen));
		memset(b->before, 0, sizeof(b->before));
		if (*x->by)
			testdev__counters(x->by, b->addr, &b->received, &b->timeouts);
	}
}

/* Clean, watched anew, with the workload on; false: it cannot even begin */
static bool prepare(struct exec *x)
{
	json_t *old = json_array();

	kmsg__lines(x->kmsg, old);
	json_decref(old);
	begin(x);
	if (!mend_all(x, false) || !work__start(x, 0)) {
		/* What could not even begin is nobody's fault; what cannot go on is the kernel's */
		x->environment = x->first;
		return false;
	}
	/* Opening the devices resets them, which is not what this is about */
	watch__poll(x->watch, 0);
	if (watch__restart(x->watch)) {
		exec__fail(x, "events cannot be read any more");
		x->environment = true;
		return false;
	}
	begin(x);
	return true;
}

static void judge_unmaps(struct exec *x)
{
	uint64_t limit = x->s->expect.longest_unmap_ns;

	if (limit && x->longest_unmap_ns > limit)
		exec__fail(x, "the longest unmap took %.3f ms, more than %.3f ms",
			   (double)x->longest_unmap_ns / 1e6, (double)limit / 1e6);
}

bool trial__repetition(struct exec *x)
{
	bool went_on = prepare(x);
	size_t before = x->nwhy;

	if (went_on) {
		for (size_t i = 0; i < x->s->nsteps && went_on; i++)
			went_on = step__do(x, &x->s->step[i]);
		went_on = went_on && ops__wait(x, NULL);
		if (went_on)
			judge__repetition(x);
		else
			judge__log(x);
	}
	inject__end(x);
	/* A clean state is not hurried by the limit of what was before it */
	x->began_ns = clock__boottime_ns();
	if (x->nwhy == before)
		work__stop(x, 0);
	ops__kill(x);
	for (size_t i = 0; *x->by && i < x->ndev; i++)
		testdev__set(x->by, x->dev[i].addr, TESTDEV_ANSWER, 0, 1);
	work__stop(x, 0);
	judge_unmaps(x);
	return mend_all(x, true);
}
