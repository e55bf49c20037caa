// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compare.h"
#include "lib/log.h"

#define NOISE_FACTOR 5

const char *comparison_verdict__name(enum comparison_verdict v)
{
	static const char *const names[] = {
		"same", "better", "worse", "not enough data", "not gated"
	};

	return (size_t)v < sizeof(names) / sizeof(names[0]) ? names[v] : "?";
}

/*
 * By name, and unknown ones are: what contains a device's timeout, a reset or the wait
 * for a worker is not bound to the CPU, and only informs.
 */
static bool comparison__is_deciding(const char *metric)
{
	static const char *const inform[] = {
		"detection_ns", "exposure_ns", "fence_ns", "reset_ns", "recovery_ns",
	};

	for (size_t i = 0; i < sizeof(inform) / sizeof(inform[0]); i++)
		if (!strcmp(metric, inform[i]))
			return false;
	return true;
}

static bool is_deciding(const struct comparison *g, const char *metric)
{
	for (size_t i = 0; i < g->opts.nonly; i++)
		if (!strcmp(metric, g->opts.only[i]))
			return true;
	return g->opts.nonly ? false : comparison__is_deciding(metric);
}

static const struct results_scenario *find_scenario(const struct results *r, const char *name)
{
	for (size_t i = 0; i < r->nscenario; i++)
		if (!strcmp(r->scenario[i]->name, name))
			return r->scenario[i];
	return NULL;
}

/* A boot's number of a metric: false, it has none */
static bool boot_mean(const struct results_boot *b, const char *name, double *mean)
{
	const struct results_metric *m = results__metric(b, name);

	if (!m || !m->n)
		return false;
	*mean = moments__of(m->v, m->n).mean;
	return true;
}

/* The values of each boot of a scenario (may be NULL); NULL: out of memory */
static double *boot_means(const struct results_scenario *s, const char *name, struct moments *out)
{
	double *v = calloc(s && s->nboot ? s->nboot : 1, sizeof(*v));
	size_t n = 0;

	for (size_t i = 0; v && s && i < s->nboot; i++)
		n += boot_mean(s->boot[i], name, &v[n]);
	if (v)
		*out = moments__of(v, n);
	return v;
}

static bool has_metric(const struct comparison *g, const char *scenario, const char *name)
{
	for (size_t i = 0; i < g->nmetric; i++)
		if (!strcmp(g->metric[i].scenario, scenario) && !strcmp(g->metric[i].name, name))
			return true;
	return false;
}

static int add_metric(struct comparison *g, const struct comparison_scenario *s, const char *name)
{
	struct comparison_metric *m;

	if (has_metric(g, s->name, name))
		return 0;
	m = realloc(g->metric, (g->nmetric + 1) * sizeof(*m));
	if (!m)
		return -ENOMEM;
	g->metric = m;
	m += g->nmetric++;
	*m = (struct comparison_metric){ .scenario = s->name, .name = name, .deciding = is_deciding(g, name) };
	m->base_boots = boot_means(s->base, name, &m->base);
	m->now_boots = boot_means(s->now, name, &m->now);
	if (!m->base_boots || !m->now_boots)
		return -ENOMEM;
	if (m->deciding && m->base.n && m->now.n)
		g->ndeciding++;
	return 0;
}

static int add_metrics(struct comparison *g, const struct comparison_scenario *s, const struct results_scenario *side)
{
	for (size_t i = 0; side && i < side->nboot; i++) {
		for (size_t k = 0; k < side->boot[i]->nmetric; k++) {
			int ret = add_metric(g, s, side->boot[i]->metric[k]->name);

			if (ret)
				return ret;
		}
	}
	return 0;
}

static void evaluate_scenario(struct comparison_scenario *s)
{
	const char *reason = s->now ? s->now->reason : "";
	enum scenario_verdict v = s->now ? s->now->verdict : SCENARIO_OK;

	s->exit = EXIT_OK;
	if (!s->now) {
		s->exit = EXIT_NO_DATA;
		snprintf(s->reason, sizeof(s->reason), "is in BASE only");
	} else if (v == SCENARIO_FAILED) {
		s->exit = EXIT_BEHAVIOUR;
		snprintf(s->reason, sizeof(s->reason), "failed%s: %s",
			 s->base && s->base->verdict == SCENARIO_FAILED ? " (in BASE, too)" : "", reason);
	} else if (v == SCENARIO_ERROR) {
		s->exit = EXIT_NO_DATA;
		snprintf(s->reason, sizeof(s->reason), "could not be checked: %s", reason);
	} else if (v == SCENARIO_SKIPPED && s->base && s->base->verdict == SCENARIO_OK) {
		s->exit = EXIT_NO_DATA;
		snprintf(s->reason, sizeof(s->reason), "was skipped, but not in BASE: %s", reason);
	} else if (v == SCENARIO_SKIPPED) {
		snprintf(s->reason, sizeof(s->reason), "was skipped: %s", reason);
	} else if (!s->base) {
		snprintf(s->reason, sizeof(s->reason), "is in NEW only");
	}
}

static void add_scenario(struct comparison *g, const char *name)
{
	struct comparison_scenario *s = &g->scenario[g->nscenario++];

	s->name = name;
	s->base = find_scenario(g->base, name);
	s->now = find_scenario(g->now, name);
	evaluate_scenario(s);
}

static int add_scenarios(struct comparison *g)
{
	g->scenario = calloc(g->base->nscenario + g->now->nscenario + 1, sizeof(*g->scenario));
	if (!g->scenario)
		return -ENOMEM;
	for (size_t i = 0; i < g->base->nscenario; i++)
		add_scenario(g, g->base->scenario[i]->name);
	for (size_t i = 0; i < g->now->nscenario; i++)
		if (!find_scenario(g->base, g->now->scenario[i]->name))
			add_scenario(g, g->now->scenario[i]->name);
	return 0;
}

/* There is no ratio if the baseline was always 0: is the metric above 0 now, beyond its noise? */
static bool above_zero(const struct moments *now, double alpha)
{
	struct moments one = { .n = now->n, .mean = now->mean, .sd = 0 };

	return ratio__of(&one, now, alpha).low > 0;
}

static enum comparison_verdict evaluate_ratio(const struct comparison_metric *m, double alpha)
{
	const struct ratio *r = &m->ratio;

	switch (r->kind) {
	case RATIO_BOTH_ZERO:
		return COMPARISON_SAME;
	case RATIO_FROM_ZERO:
		return above_zero(&m->now, alpha) ? COMPARISON_WORSE : COMPARISON_NOT_ENOUGH;
	case RATIO_INTERVAL:
		if (r->low > 1 + m->margin)
			return COMPARISON_WORSE;
		if (r->high < 1 - m->margin)
			return COMPARISON_BETTER;
		return r->low >= 1 - m->margin && r->high <= 1 + m->margin ? COMPARISON_SAME : COMPARISON_NOT_ENOUGH;
	default:
		return COMPARISON_NOT_ENOUGH;
	}
}

static void evaluate_metric(const struct comparison *g, struct comparison_metric *m)
{
	double noise = NOISE_FACTOR * moments__noise(&m->base);
	double alpha = m->deciding ? g->alpha : g->opts.alpha;

	m->margin = noise > g->opts.min_margin ? noise : g->opts.min_margin;
	m->ratio = ratio__of(&m->base, &m->now, alpha);
	if (!m->deciding)
		m->verdict = COMPARISON_INFORMS;
	else if (!m->base.n)
		m->verdict = COMPARISON_INFORMS;
	else if (!m->now.n || !ratio__enough_boots(m->base.n, m->now.n, alpha))
		m->verdict = COMPARISON_NOT_ENOUGH;
	else
		m->verdict = evaluate_ratio(m, alpha);
	if (!m->base.n)
		snprintf(m->reason, sizeof(m->reason), "in NEW only");
	else if (!m->now.n)
		snprintf(m->reason, sizeof(m->reason), "in BASE only");
	else if (m->verdict == COMPARISON_NOT_ENOUGH && !ratio__enough_boots(m->base.n, m->now.n, alpha))
		snprintf(m->reason, sizeof(m->reason), "%zu and %zu boots, %zu of each are needed",
			 m->base.n, m->now.n, g->least_boots);
	else if (m->verdict == COMPARISON_NOT_ENOUGH)
		snprintf(m->reason, sizeof(m->reason), "more boots would narrow the interval");
}

int comparison__make(struct comparison *g, const struct results *base, const struct results *now,
		  const struct comparison_opts *opts)
{
	int ret;

	*g = (struct comparison){ .base = base, .now = now, .opts = *opts };
	g->ndifference = env__compare(&base->env, &now->env, false, g->difference);
	ret = add_scenarios(g);
	for (size_t i = 0; !ret && i < g->nscenario; i++) {
		ret = add_metrics(g, &g->scenario[i], g->scenario[i].base);
		if (!ret)
			ret = add_metrics(g, &g->scenario[i], g->scenario[i].now);
	}
	if (ret)
		return ret;
	g->alpha = opts->alpha / (g->ndeciding ? g->ndeciding : 1) /
		   (opts->interim_analyses ? opts->interim_analyses : 1);
	g->least_boots = ratio__least_boots(g->alpha);
	for (size_t i = 0; i < g->nmetric; i++)
		evaluate_metric(g, &g->metric[i]);
	return 0;
}

void comparison__free(struct comparison *g)
{
	for (size_t i = 0; i < g->nmetric; i++) {
		free(g->metric[i].base_boots);
		free(g->metric[i].now_boots);
	}
	free(g->metric);
	free(g->scenario);
	*g = (struct comparison){ 0 };
}

int comparison__exit(const struct comparison *g)
{
	bool behaviour = false, worse = false, unknown = !g->ndeciding;

	for (size_t i = 0; i < g->nscenario; i++) {
		behaviour |= g->scenario[i].exit == EXIT_BEHAVIOUR;
		unknown |= g->scenario[i].exit == EXIT_NO_DATA;
	}
	for (size_t i = 0; i < g->nmetric; i++) {
		worse |= g->metric[i].verdict == COMPARISON_WORSE;
		unknown |= g->metric[i].verdict == COMPARISON_NOT_ENOUGH;
	}
	if (behaviour)
		return EXIT_BEHAVIOUR;
	if (worse)
		return EXIT_REGRESSION;
	return unknown ? EXIT_NO_DATA : EXIT_OK;
}
