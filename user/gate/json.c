// SPDX-License-Identifier: GPL-2.0-only
#include "forms.h"
#include "lib/file.h"

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

static json_t *metric(const struct gate_metric *m)
{
	return json_pack("{s:s, s:s, s:b, s:s, s:s, s:f, s:f, s:o, s:o, s:o}",
		"scenario", m->scenario, "metric", m->name, "gated", m->gated,
		"verdict", gate_verdict__name(m->verdict), "why", m->why,
		"margin", m->margin, "noise", moments__noise(&m->base),
		"ratio", ratio(&m->ratio), "base", side(m->base_boots, &m->base),
		"new", side(m->now_boots, &m->now));
}

static json_t *scenario(const struct gate_scenario *s)
{
	return json_pack("{s:s, s:s?, s:s?, s:s}", "name", s->name,
		"base", s->base ? scenario_verdict__name(s->base->verdict) : NULL,
		"new", s->now ? scenario_verdict__name(s->now->verdict) : NULL, "why", s->why);
}

int gate__json(FILE *out, const struct gate *g, bool forced)
{
	json_t *root = json_object(), *scenarios = json_array(), *metrics = json_array();
	json_t *differ = json_array();
	char sentence[160];

	gate__sentence(g, sentence, sizeof(sentence));
	for (size_t i = 0; i < g->nscenario; i++)
		json_array_append_new(scenarios, scenario(&g->scenario[i]));
	for (size_t i = 0; i < g->nmetric; i++)
		json_array_append_new(metrics, metric(&g->metric[i]));
	for (size_t i = 0; forced && i < g->ndifference; i++)
		json_array_append_new(differ, json_pack("{s:s, s:s, s:s}", "field", g->difference[i].field,
			"base", g->difference[i].a, "new", g->difference[i].b));
	json_object_set_new(root, "version", json_integer(1));
	json_object_set_new(root, "exit", json_integer(gate__exit(g)));
	json_object_set_new(root, "sentence", json_string(sentence));
	json_object_set_new(root, "base_kernel", json_string(g->base->env.kernel));
	json_object_set_new(root, "new_kernel", json_string(g->now->env.kernel));
	json_object_set_new(root, "alpha", json_real(g->opts.alpha));
	json_object_set_new(root, "alpha_of_one", json_real(g->alpha));
	json_object_set_new(root, "least_boots", json_integer(g->least_boots));
	json_object_set_new(root, "gated", json_integer(g->ngated));
	json_object_set_new(root, "forced", differ);
	json_object_set_new(root, "scenarios", scenarios);
	json_object_set_new(root, "metrics", metrics);
	return json__line(out, root);
}
