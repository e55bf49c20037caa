// SPDX-License-Identifier: GPL-2.0-only
/* A comparison as text and as JSON. */
#include <errno.h>
#include <string.h>

#include "compare.h"
#include "lib/file.h"
#include "lib/log.h"

void format_change(double ratio, char *out, size_t len)
{
	double percent = (ratio - 1) * 100;

	/* No "-0.00": what rounds to nothing has no sign */
	if (percent > -0.005 && percent < 0.005)
		percent = 0;
	snprintf(out, len, "%+.*f %%", percent > -1000 && percent < 1000 ? 2 : 0, percent);
}

void format_mean(double v, char *out, size_t len)
{
	snprintf(out, len, "%.*f", v < 10 ? 3 : v < 100000 ? 1 : 0, v);
}

/* How many metrics have this verdict */
static size_t comparison__count(const struct comparison *g, enum comparison_verdict v)
{
	size_t n = 0;

	for (size_t i = 0; i < g->nmetric; i++)
		n += g->metric[i].verdict == v;
	return n;
}

void comparison__summary(const struct comparison *g, char *out, size_t len)
{
	size_t worse = comparison__count(g, COMPARISON_WORSE), unknown = comparison__count(g, COMPARISON_NOT_ENOUGH);
	size_t failed = 0, unchecked = 0;

	for (size_t i = 0; i < g->nscenario; i++) {
		failed += g->scenario[i].exit == EXIT_BEHAVIOUR;
		unchecked += g->scenario[i].exit == EXIT_NO_DATA;
	}
	switch (comparison__exit(g)) {
	case EXIT_BEHAVIOUR:
		snprintf(out, len, "%zu of %zu scenarios failed.", failed, g->nscenario);
		break;
	case EXIT_REGRESSION:
		snprintf(out, len, "%zu of %zu gated metrics became worse.", worse, g->ndeciding);
		break;
	case EXIT_NO_DATA:
		if (!g->ndeciding)
			snprintf(out, len, "Nothing was compared: BASE and NEW have no gated metric in common.");
		else if (unchecked)
			snprintf(out, len, "%zu of %zu scenarios cannot be checked.", unchecked, g->nscenario);
		else
			snprintf(out, len, "Not enough data for %zu of %zu gated metrics.", unknown, g->ndeciding);
		break;
	default:
		snprintf(out, len, "None of %zu gated metrics became worse.", g->ndeciding);
	}
}

static void put_env(FILE *out, const char *side, const struct results *r)
{
	const struct results_env *e = &r->env;

	fprintf(out, "%-5s Linux %s %s, %u CPU%s, clock %s, atcq %s\n", side, e->kernel, e->build,
		e->cpus, e->cpus == 1 ? "" : "s", *e->clock ? e->clock : "?", *e->atcq ? e->atcq : "?");
}

static void put_margin(char *out, size_t len, const struct comparison_metric *m)
{
	snprintf(out, len, "\u00b1%.2f %%", m->margin * 100);
}

/* printf() counts bytes, and a plus-minus sign is two */
#define MARGIN_WIDTH 10

static void put_metric(FILE *out, const struct comparison_metric *m)
{
	char base[32] = "-", now[32] = "-", change[32] = "-", low[32], high[32], margin[32] = "-";
	char interval[80] = "-";

	if (m->base.n)
		format_mean(m->base.mean, base, sizeof(base));
	if (m->now.n)
		format_mean(m->now.mean, now, sizeof(now));
	if (m->ratio.kind == RATIO_INTERVAL) {
		format_change(m->ratio.value, change, sizeof(change));
		format_change(m->ratio.low, low, sizeof(low));
		format_change(m->ratio.high, high, sizeof(high));
		snprintf(interval, sizeof(interval), "%s .. %s", low, high);
		put_margin(margin, sizeof(margin), m);
	}
	fprintf(out, "  %-18s %10s %10s %10s  %-23s %*s  %s%s%s\n", m->name, base, now, change, interval,
		MARGIN_WIDTH - (strcmp(margin, "-") ? 0 : 1), margin, comparison_verdict__name(m->verdict),
		*m->reason ? ": " : "", m->reason);
}

static void put_scenario(FILE *out, const struct comparison *g, const struct comparison_scenario *s)
{
	bool head = false;

	fprintf(out, "\n%s%s%s\n", s->name, *s->reason ? " " : "", s->reason);
	for (size_t i = 0; i < g->nmetric; i++) {
		if (strcmp(g->metric[i].scenario, s->name))
			continue;
		if (!head)
			fprintf(out, "  %-18s %10s %10s %10s  %-23s %9s  %s\n", "metric", "base", "new",
				"change", "all intervals, 95 %", "margin", "verdict");
		head = true;
		put_metric(out, &g->metric[i]);
	}
}

int comparison__text(FILE *out, const struct comparison *g, bool forced)
{
	char summary[160];

	put_env(out, "BASE", g->base);
	put_env(out, "NEW", g->now);
	for (size_t i = 0; forced && i < g->ndifference; i++)
		fprintf(out, "forced, although %s differs: '%s' and '%s'\n", g->difference[i].field,
			g->difference[i].a, g->difference[i].b);
	for (size_t i = 0; i < g->nscenario; i++)
		put_scenario(out, g, &g->scenario[i]);
	comparison__summary(g, summary, sizeof(summary));
	fprintf(out, "\n%s\n", summary);
	return file__flush(out);
}

static json_t *boots(const double *v, const struct moments *m)
{
	json_t *list = json_array();

	for (size_t i = 0; i < m->n; i++)
		json_array_append_new(list, json_real(v[i]));
	return list;
}

static json_t *side(const double *v, const struct moments *m)
{
	return json_pack("{s:f, s:f, s:o}", "mean", m->mean, "sd", m->sd, "boots", boots(v, m));
}

static json_t *ratio(const struct ratio *r)
{
	if (r->kind != RATIO_INTERVAL)
		return json_null();
	return json_pack("{s:f, s:f, s:f}", "value", r->value, "low", r->low, "high", r->high);
}

static json_t *metric(const struct comparison_metric *m)
{
	return json_pack("{s:s, s:s, s:b, s:s, s:s, s:f, s:f, s:o, s:o, s:o}",
		"scenario", m->scenario, "metric", m->name, "gated", m->deciding,
		"verdict", comparison_verdict__name(m->verdict), "why", m->reason,
		"margin", m->margin, "noise", moments__noise(&m->base),
		"ratio", ratio(&m->ratio), "base", side(m->base_boots, &m->base),
		"new", side(m->now_boots, &m->now));
}

static json_t *scenario(const struct comparison_scenario *s)
{
	return json_pack("{s:s, s:s?, s:s?, s:s}", "name", s->name,
		"base", s->base ? scenario_verdict__name(s->base->verdict) : NULL,
		"new", s->now ? scenario_verdict__name(s->now->verdict) : NULL, "why", s->reason);
}

int comparison__json(FILE *out, const struct comparison *g, bool forced)
{
	json_t *root = json_object(), *scenarios = json_array(), *metrics = json_array();
	json_t *differ = json_array();
	char summary[160];

	comparison__summary(g, summary, sizeof(summary));
	for (size_t i = 0; i < g->nscenario; i++)
		json_array_append_new(scenarios, scenario(&g->scenario[i]));
	for (size_t i = 0; i < g->nmetric; i++)
		json_array_append_new(metrics, metric(&g->metric[i]));
	for (size_t i = 0; forced && i < g->ndifference; i++)
		json_array_append_new(differ, json_pack("{s:s, s:s, s:s}", "field", g->difference[i].field,
			"base", g->difference[i].a, "new", g->difference[i].b));
	json_object_set_new(root, "version", json_integer(1));
	json_object_set_new(root, "exit", json_integer(comparison__exit(g)));
	json_object_set_new(root, "sentence", json_string(summary));
	json_object_set_new(root, "base_kernel", json_string(g->base->env.kernel));
	json_object_set_new(root, "new_kernel", json_string(g->now->env.kernel));
	json_object_set_new(root, "alpha", json_real(g->opts.alpha));
	json_object_set_new(root, "alpha_of_one", json_real(g->alpha));
	json_object_set_new(root, "least_boots", json_integer(g->least_boots));
	json_object_set_new(root, "gated", json_integer(g->ndeciding));
	json_object_set_new(root, "forced", differ);
	json_object_set_new(root, "scenarios", scenarios);
	json_object_set_new(root, "metrics", metrics);
	return json__line(out, root);
}
