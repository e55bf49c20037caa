// SPDX-License-Identifier: GPL-2.0-only
/* What is wrong with a scenario as a whole: it could never pass, or never fail. */
#include <errno.h>
#include <string.h>

#include "lib/log.h"
#include "words.h"

names_t scenario__hurt(const struct scenario *s)
{
	names_t hurt = 0;

	for (size_t i = 0; i < s->nsteps; i++) {
		switch (s->step[i].kind) {
		case STEP_DEAD: case STEP_SLOW: case STEP_STUBBORN: case STEP_INJECT: case STEP_RESET:
		case STEP_REMOVE: case STEP_SLOT_OFF:
			hurt |= s->step[i].names;
			break;
		default:
			break;
		}
	}
	return hurt & ~s->expect.untouched;
}

static int check_inject(struct yaml *y, const struct yaml_node *at, const struct step *st)
{
	struct error why;

	if (rule__check(st->rule, &why))
		return yaml__fail(y, at, "%s", why.text);
	if (!st->names && st->rule->smmu == ATCQ_NONE && !st->rule->nsid && !st->rule->ngroup)
		return yaml__fail(y, at, "%s: which device is it for? Add 'into: NAME', or 'smmu: N'",
				    st->point->name);
	if (st->names && !(st->point->takes & TAKES_DEVICE))
		return yaml__fail(y, at, "%s is not on a device but behind a whole SMMU: 'smmu: 0'", st->point->name);
	return 0;
}

/* Is anybody there who could bring a device into that state? */
static int check_waited(struct yaml *y, const struct yaml_node *at, const struct scenario *s,
			const struct step *st, const struct state_of *of)
{
	names_t hurt = scenario__hurt(s), lost = 0;
	const char *state = condition__name(of->what);

	if (s->any_kernel && (of->what <= COND_BROKEN || (of->what >= COND_ATS_ON && of->what <= COND_ATS_BROKEN) ||
			      of->what == COND_DETECTED || of->what == COND_BLOCKED || of->what == COND_FENCED))
		return yaml__fail(y, at, "only a kernel of the series tells '%s', and this is for any", state);
	if (of->what == COND_DMA_WORKS || of->what == COND_DMA_REFUSED)
		return st->kind == STEP_DMA ? 0 : yaml__fail(y, at, "'%s' is said by 'dma: NAME %s'", state, state);
	for (size_t i = 0; i < s->nsteps; i++)
		if (s->step[i].kind == STEP_REMOVE || s->step[i].kind == STEP_SLOT_OFF)
			lost |= s->step[i].names;
	if (of->what == COND_GONE && of->names & ~lost)
		return yaml__fail(y, at, "an impossible wait: no step removes this device");
	if (of->what != COND_HEALTHY && of->what != COND_ATS_ON && of->names & ~hurt)
		return yaml__fail(y, at, "an impossible wait: no step does anything to this device");
	return 0;
}

static int check_step(struct yaml *y, const struct yaml_node *at, const struct scenario *s, const struct step *st)
{
	int ret = 0;

	if (st->kind == STEP_INJECT)
		ret = check_inject(y, at, st);
	if (!ret && st->kind == STEP_INJECT && s->any_kernel)
		ret = yaml__fail(y, at, "only a kernel of the series has fault points, and this is for any");
	if (!ret && st->time_ns >= s->limit_ns)
		ret = yaml__fail(y, at, "an impossible wait: longer than the scenario's limit");
	if (!ret && st->after_ns >= s->limit_ns)
		ret = yaml__fail(y, at, "an impossible wait: longer than the scenario's limit");
	for (size_t i = 0; i < st->nstates && !ret; i++)
		ret = check_waited(y, at, s, st, &st->state[i]);
	if (!ret && st->when.what != COND_NONE)
		ret = check_waited(y, at, s, st, &st->when);
	return ret;
}

static int check_expect(struct yaml *y, const struct yaml_node *root, const struct scenario *s)
{
	const struct yaml_node *at = yaml__get(root, "expect");
	const struct expect *e = &s->expect;
	bool breaks = false;

	for (size_t i = 0; i < s->nsteps; i++)
		breaks |= s->step[i].kind == STEP_DEAD || s->step[i].kind == STEP_INJECT;
	if (breaks && !e->given[COUNT_incidents])
		return yaml__fail(y, at ? at : root, "'expect' must say how many incidents come of it, like 'incidents: 1'");
	for (int l = 0; l < LAT_MAX; l++)
		if (e->limit_ns[l] && e->count[COUNT_incidents].max == 0)
			return yaml__fail(y, at, "a limit on '%s' without any incident", latency__name(l));
	return 0;
}

int scenario__check(struct yaml *y, const struct yaml_node *root)
{
	const struct yaml_node *steps = yaml__get(root, "steps");
	const struct scenario *s = y->ctx;
	int ret = 0;

	if (!s->name)
		return yaml__fail(y, root, "a scenario needs the key 'name'");
	if (!s->proves)
		return yaml__fail(y, root, "a scenario needs the key 'proves': one sentence");
	if (!s->nsteps)
		return yaml__fail(y, root, "a scenario needs 'steps'");
	if (!yaml__get(root, "expect"))
		return yaml__fail(y, root, "a scenario needs the key 'expect'");
	for (size_t i = 0; i < s->nsteps && !ret; i++)
		ret = check_step(y, steps->item[i], s, &s->step[i]);
	return ret ? ret : check_expect(y, root, s);
}
