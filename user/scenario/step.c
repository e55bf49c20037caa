// SPDX-License-Identifier: GPL-2.0-only
/* What each step does. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "exec.h"
#include "lib/clock.h"
#include "source/kernel.h"
#include "testdev.h"

#define WAIT_NS		10000000000ull
#define DMA_NS		100000000ull

static bool blocked_is(const char *bdf, const char *want)
{
	char text[32];

	return !attr__read(bdf, "iommu_state/blocked", text, sizeof(text)) && !strcmp(text, want);
}

static bool ats_is(const char *bdf, const char *want)
{
	char text[32];

	return !attr__read(bdf, "arm-smmu-v3/ats", text, sizeof(text)) && !strcmp(text, want);
}

/* Healthy is both: unblocked, and trusted with translations. Where the kernel does not tell, being there */
static bool is_healthy(const char *bdf)
{
	char text[32];

	if (attr__read(bdf, "vendor", text, sizeof(text)))
		return false;
	if (attr__read(bdf, "iommu_state/blocked", text, sizeof(text)))
		return true;
	return !strcmp(text, "no") && ats_is(bdf, "on");
}

bool condition__holds(struct exec *x, const struct bound *b, enum condition what)
{
	static const enum phase phases[] = {
		[COND_RAISED] = PHASE_RAISED, [COND_DETECTED] = PHASE_DETECTED,
		[COND_BLOCKED] = PHASE_BLOCKED, [COND_FENCED] = PHASE_FENCED, [COND_RECOVERED] = PHASE_RECOVERED,
	};
	char text[32];

	(void)x;
	switch (what) {
	case COND_HEALTHY:
		return is_healthy(b->bdf);
	case COND_RESETTING:
		return blocked_is(b->bdf, "resetting");
	case COND_RESET_FAILED:
		return blocked_is(b->bdf, "reset-failed");
	case COND_BROKEN:
		/* One that was fenced without a block has its ATS simply off */
		return blocked_is(b->bdf, "broken") && !ats_is(b->bdf, "on");
	case COND_GONE:
		return attr__read(b->bdf, "vendor", text, sizeof(text)) == -ENOENT;
	case COND_ATS_ON:
		return ats_is(b->bdf, "on");
	case COND_ATS_OFF:
		return ats_is(b->bdf, "off");
	case COND_ATS_BROKEN:
		return ats_is(b->bdf, "broken");
	case COND_RAISED: case COND_DETECTED: case COND_BLOCKED: case COND_FENCED: case COND_RECOVERED:
		return b->seen[phases[what]] > b->before[phases[what]];
	default:
		return false;
	}
}

static const struct bound *not_yet(struct exec *x, const struct state_of *of)
{
	for (size_t i = 0; i < x->ndev; i++)
		if (of->names >> x->dev[i].want & 1 && !condition__holds(x, &x->dev[i], of->what))
			return &x->dev[i];
	return NULL;
}

static const char *is_now(const struct bound *b, char text[80])
{
	char blocked[32] = "?", ats[32] = "?";

	if (attr__read(b->bdf, "vendor", text, 80))
		return "it is gone";
	attr__read(b->bdf, "iommu_state/blocked", blocked, sizeof(blocked));
	attr__read(b->bdf, "arm-smmu-v3/ats", ats, sizeof(ats));
	snprintf(text, 80, "blocked: %s, ATS: %s", blocked, ats);
	return text;
}

static bool wait_state(struct exec *x, const struct step *st, const struct state_of *of)
{
	uint64_t until = clock__boottime_ns() + WAIT_NS;
	const struct bound *b;
	char text[80];

	while ((b = not_yet(x, of))) {
		if (clock__boottime_ns() >= until) {
			exec__fail(x, "line %u: waited in vain for '%s %s': of %s, %s", st->line,
				   x->s->want[b->want].name, condition__name(of->what), b->bdf, is_now(b, text));
			return false;
		}
		if (!exec__watch(x, 2000000))
			return false;
	}
	return true;
}

static bool check(struct exec *x, const struct step *st)
{
	const struct bound *b;
	char text[80];

	for (size_t i = 0; i < st->nstates; i++) {
		b = not_yet(x, &st->state[i]);
		if (b)
			exec__fail(x, "line %u: %s is not %s: of %s, %s", st->line, x->s->want[b->want].name,
				   condition__name(st->state[i].what), b->bdf, is_now(b, text));
	}
	return true;
}

/* ATC invalidations that a device is sent in some time: none, or some */
static bool traffic(struct exec *x, const struct step *st)
{
	uint32_t before[EXEC_DEVICES], now, timeouts;
	uint64_t until = clock__boottime_ns() + 5000000000ull;

	for (size_t i = 0; i < x->ndev; i++)
		testdev__counters(x->by, x->dev[i].addr, &before[i], &timeouts);
	if (!exec__watch(x, st->time_ns))
		return false;
	for (size_t i = 0; i < x->ndev; i++) {
		const struct bound *b = &x->dev[i];

		if (!(st->names >> b->want & 1))
			continue;
		now = before[i];
		testdev__counters(x->by, b->addr, &now, &timeouts);
		/* A busy machine may need longer to show that something comes, never to show that it does not */
		while (st->kind == STEP_BUSY && now == before[i] && clock__boottime_ns() < until && exec__watch(x, 20000000))
			testdev__counters(x->by, b->addr, &now, &timeouts);
		if (st->kind == STEP_BUSY && now == before[i])
			exec__fail(x, "line %u: %s (%s) is sent no ATC invalidations", st->line, x->s->want[b->want].name, b->bdf);
		if (st->kind == STEP_SILENT && now != before[i])
			exec__fail(x, "line %u: %s (%s) is sent %u ATC invalidation(s)", st->line,
				   x->s->want[b->want].name, b->bdf, now - before[i]);
	}
	return true;
}

static bool dma_of(struct exec *x, const struct step *st, const struct bound *b, bool works)
{
	uint64_t written[2], lost[2];

	for (int i = 0; i < 2; i++) {
		if (i && !exec__watch(x, DMA_NS))
			return false;
		if (work__dma(x, b->bdf, &written[i], &lost[i]))
			continue;
		exec__fail(x, "line %u: no workload with 'dma: yes' has %s (%s)", st->line, x->s->want[b->want].name, b->bdf);
		return false;
	}
	if (works && (written[1] == written[0] || lost[1] != lost[0]))
		exec__fail(x, "line %u: DMA of %s (%s) does not work: %" PRIu64 " written, %" PRIu64 " lost", st->line,
			   x->s->want[b->want].name, b->bdf, written[1] - written[0], lost[1] - lost[0]);
	if (!works && (written[1] != written[0] || lost[1] == lost[0]))
		exec__fail(x, "line %u: DMA of %s (%s) is not refused: %" PRIu64 " written, %" PRIu64 " lost", st->line,
			   x->s->want[b->want].name, b->bdf, written[1] - written[0], lost[1] - lost[0]);
	return true;
}

static bool dma(struct exec *x, const struct step *st)
{
	for (size_t k = 0; k < st->nstates; k++)
		for (size_t i = 0; i < x->ndev; i++)
			if (st->state[k].names >> x->dev[i].want & 1 &&
			    !dma_of(x, st, &x->dev[i], st->state[k].what == COND_DMA_WORKS))
				return false;
	return true;
}

static bool answer(struct exec *x, const struct step *st)
{
	int ret = 0;

	for (size_t i = 0; i < x->ndev && !ret; i++) {
		const struct bound *b = &x->dev[i];

		if (!(st->names >> b->want & 1))
			continue;
		ret = testdev__set(x->by, b->addr, st->kind == STEP_DEAD ? TESTDEV_NEVER : st->kind == STEP_HEAL ? TESTDEV_ANSWER :
				   st->kind == STEP_SLOW ? TESTDEV_SLOW : TESTDEV_AS_IT_IS, st->time_ns / 1000,
				   st->kind == STEP_STUBBORN ? 0 : st->kind == STEP_HEAL ? 1 : -1);
		if (ret)
			exec__fail(x, "line %u: %s: %s", st->line, b->bdf, strerror(-ret));
	}
	return !ret;
}

static bool write_each(struct exec *x, const struct step *st)
{
	for (size_t i = 0; i < x->ndev; i++)
		if (st->names >> x->dev[i].want & 1 && !ops__start(x, st, &x->dev[i]))
			return false;
	return st->background || ops__wait(x, st);
}

static bool waits(struct exec *x, const struct step *st)
{
	if (!st->nstates)
		return exec__watch(x, st->time_ns);
	for (size_t i = 0; i < st->nstates; i++)
		if (!wait_state(x, st, &st->state[i]))
			return false;
	return true;
}

/* What was seen before somebody did something to the device is no news for those who wait */
static void note_seen(struct exec *x, const struct step *st)
{
	for (size_t i = 0; i < x->ndev; i++)
		if (st->names >> x->dev[i].want & 1)
			memcpy(x->dev[i].before, x->dev[i].seen, sizeof(x->dev[i].seen));
}

bool step__do(struct exec *x, const struct step *st)
{
	if (st->after_ns && !exec__watch(x, st->after_ns))
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
