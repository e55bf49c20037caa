// SPDX-License-Identifier: GPL-2.0-only
/* Results against results: verdicts, exit codes, and what is said of them. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/log.h"
#include "verify/compare.h"

static const struct comparison_opts defaults = { .alpha = 0.05, .min_margin = 0.005, .interim_analyses = 1 };

struct pair {
	struct results *base, *now;
	struct comparison g;
};

static int setup(void **state)
{
	struct pair *p = calloc(1, sizeof(*p));

	p->base = results__new();
	p->now = results__new();
	*state = p;
	return 0;
}

static int teardown(void **state)
{
	struct pair *p = *state;

	comparison__free(&p->g);
	results__free(p->base);
	results__free(p->now);
	free(p);
	return 0;
}

/* @n boots of @r whose values of @metric are all @mean, but for the boot: @step apart */
static void boots(struct results *r, const char *scenario, const char *metric, size_t n,
		  double mean, double step)
{
	struct results_scenario *s = results__scenario(r, scenario);
	char id[32];

	for (size_t i = 0; i < n; i++) {
		snprintf(id, sizeof(id), "%zu", i);
		for (int k = 0; k < 3; k++)
			assert_int_equal(results__value(results__boot(s, id), metric,
							mean + step * ((double)i - (n - 1) / 2.0)), 0);
	}
}

static int compare(struct pair *p, const struct comparison_opts *opts)
{
	comparison__free(&p->g);
	assert_int_equal(comparison__make(&p->g, p->base, p->now, opts), 0);
	return comparison__exit(&p->g);
}

static enum comparison_verdict verdict_of(const struct pair *p, const char *metric)
{
	for (size_t i = 0; i < p->g.nmetric; i++)
		if (!strcmp(p->g.metric[i].name, metric))
			return p->g.metric[i].verdict;
	fail_msg("no metric %s", metric);
	return COMPARISON_INFORMS;
}

static void test_verdicts(void **state)
{
	struct pair *p = *state;

	boots(p->base, "s", "worse_ns", 8, 1000, 0.1);
	boots(p->now, "s", "worse_ns", 8, 1010, 0.1);
	boots(p->base, "s", "better_ns", 8, 1000, 0.1);
	boots(p->now, "s", "better_ns", 8, 990, 0.1);
	boots(p->base, "s", "same_ns", 8, 1000, 0.1);
	boots(p->now, "s", "same_ns", 8, 1001, 0.1);
	boots(p->base, "s", "edge_ns", 8, 1000, 0.1);
	boots(p->now, "s", "edge_ns", 8, 1005.1, 0.1);
	boots(p->base, "s", "errors", 8, 1, 0);
	boots(p->now, "s", "errors", 8, 1, 0);
	boots(p->base, "s", "exposure_ns", 8, 1000, 0.1);
	boots(p->now, "s", "exposure_ns", 8, 9000, 0.1);
	assert_int_equal(compare(p, &defaults), EXIT_REGRESSION);
	assert_int_equal(p->g.ndeciding, 5);
	assert_int_equal(verdict_of(p, "worse_ns"), COMPARISON_WORSE);
	assert_int_equal(verdict_of(p, "better_ns"), COMPARISON_BETTER);
	assert_int_equal(verdict_of(p, "same_ns"), COMPARISON_SAME);
	assert_int_equal(verdict_of(p, "edge_ns"), COMPARISON_NOT_ENOUGH);
	assert_int_equal(verdict_of(p, "errors"), COMPARISON_SAME);
	assert_int_equal(verdict_of(p, "exposure_ns"), COMPARISON_INFORMS);
}

/* A count that doubles in one incident of three is worse, one that was always 0 too */
static void test_counts(void **state)
{
	struct pair *p = *state;

	boots(p->base, "s", "errors", 8, 1, 0);
	boots(p->now, "s", "errors", 8, 1, 0);
	for (size_t i = 0; i < 8; i++)
		results__value(p->now->scenario[0]->boot[i], "errors", 2);
	boots(p->base, "s", "lost", 8, 0, 0);
	boots(p->now, "s", "lost", 8, 1, 0);
	boots(p->base, "s", "none", 8, 0, 0);
	boots(p->now, "s", "none", 8, 0, 0);
	assert_int_equal(compare(p, &defaults), EXIT_REGRESSION);
	assert_int_equal(verdict_of(p, "errors"), COMPARISON_WORSE);
	assert_int_equal(verdict_of(p, "lost"), COMPARISON_WORSE);
	assert_int_equal(verdict_of(p, "none"), COMPARISON_SAME);
	/* Once in eight boots may be chance */
	p->now->scenario[0]->boot[0]->metric[0]->v[0] = 1;
	for (size_t i = 1; i < 8; i++)
		for (int k = 0; k < 3; k++)
			((struct results_metric *)results__metric(p->now->scenario[0]->boot[i], "lost"))->v[k] = 0;
	compare(p, &defaults);
	assert_int_equal(verdict_of(p, "lost"), COMPARISON_NOT_ENOUGH);
}

/* Boots that agree to the instruction are still only so many */
static void test_too_few_boots(void **state)
{
	struct pair *p = *state;
	struct comparison_opts often = defaults;

	boots(p->base, "s", "m_ns", 3, 1000, 0);
	boots(p->now, "s", "m_ns", 3, 2000, 0);
	assert_int_equal(compare(p, &defaults), EXIT_NO_DATA);
	assert_non_null(strstr(p->g.metric[0].reason, "3 and 3 boots, 4 of each"));
	boots(p->base, "s", "m_ns", 5, 1000, 0);
	boots(p->now, "s", "m_ns", 5, 2000, 0);
	assert_int_equal(compare(p, &defaults), EXIT_REGRESSION);
	often.interim_analyses = 100;
	assert_int_equal(compare(p, &often), EXIT_NO_DATA);
}

static void test_one_boot_and_none(void **state)
{
	struct pair *p = *state;

	assert_int_equal(compare(p, &defaults), EXIT_NO_DATA);
	results__scenario(p->base, "s");
	results__scenario(p->now, "s");
	assert_int_equal(compare(p, &defaults), EXIT_NO_DATA);
	boots(p->base, "s", "m_ns", 1, 1000, 0);
	boots(p->now, "s", "m_ns", 1, 1000, 0);
	assert_int_equal(compare(p, &defaults), EXIT_NO_DATA);
	assert_int_equal(p->g.metric[0].ratio.kind, RATIO_NONE);
}

/* What vanishes may hide a regression; what is new has nothing to be compared with */
static void test_one_side_only(void **state)
{
	struct pair *p = *state;

	boots(p->base, "s", "both_ns", 8, 1000, 0);
	boots(p->now, "s", "both_ns", 8, 1000, 0);
	boots(p->now, "s", "new_ns", 8, 1000, 0);
	assert_int_equal(compare(p, &defaults), EXIT_OK);
	assert_int_equal(verdict_of(p, "new_ns"), COMPARISON_INFORMS);
	boots(p->base, "s", "old_ns", 8, 1000, 0);
	assert_int_equal(compare(p, &defaults), EXIT_NO_DATA);
	assert_int_equal(verdict_of(p, "old_ns"), COMPARISON_NOT_ENOUGH);
	assert_int_equal(p->g.ndeciding, 1);
}

/* Noise of the baseline's boots widens the margin: 1 % more is nothing then */
static void test_margin_follows_noise(void **state)
{
	struct pair *p = *state;

	boots(p->base, "s", "m_ns", 20, 1000, 2);
	boots(p->now, "s", "m_ns", 20, 1010, 2);
	assert_int_equal(compare(p, &defaults), EXIT_OK);
	assert_true(fabs(p->g.metric[0].margin - 5 * 11.832 / 1000) < 1e-4);
}

/* Gating more metrics, and looking more often, widens each interval */
static void test_simultaneous(void **state)
{
	struct pair *p = *state;
	struct comparison_opts opts = defaults;
	const char *only[] = { "m0_ns" };
	double one;

	for (int i = 0; i < 10; i++) {
		char name[16];

		snprintf(name, sizeof(name), "m%d_ns", i);
		boots(p->base, "s", name, 8, 1000, 0.1);
		boots(p->now, "s", name, 8, 1000, 0.1);
	}
	compare(p, &defaults);
	assert_true(fabs(p->g.alpha - 0.005) < 1e-12);
	one = p->g.metric[0].ratio.high;
	opts.only = only;
	opts.nonly = 1;
	compare(p, &opts);
	assert_int_equal(p->g.ndeciding, 1);
	assert_int_equal(verdict_of(p, "m1_ns"), COMPARISON_INFORMS);
	assert_true(p->g.metric[0].ratio.high < one);
	opts.interim_analyses = 20;
	compare(p, &opts);
	assert_true(p->g.metric[0].ratio.high > one);
}

static void expect_scenario(struct pair *p, enum scenario_verdict base, enum scenario_verdict now,
			    int code, const char *why)
{
	results__verdict(p->base->scenario[0], base, "there");
	results__verdict(p->now->scenario[0], now, "here");
	assert_int_equal(compare(p, &defaults), code);
	assert_non_null(strstr(p->g.scenario[0].reason, why));
}

static void test_scenarios(void **state)
{
	struct pair *p = *state;

	boots(p->base, "s", "m_ns", 8, 1000, 0);
	boots(p->now, "s", "m_ns", 8, 1000, 0);
	expect_scenario(p, SCENARIO_OK, SCENARIO_OK, EXIT_OK, "");
	expect_scenario(p, SCENARIO_OK, SCENARIO_FAILED, EXIT_BEHAVIOUR, "failed: here");
	expect_scenario(p, SCENARIO_FAILED, SCENARIO_FAILED, EXIT_BEHAVIOUR, "in BASE, too");
	expect_scenario(p, SCENARIO_FAILED, SCENARIO_OK, EXIT_OK, "");
	expect_scenario(p, SCENARIO_OK, SCENARIO_SKIPPED, EXIT_NO_DATA, "but not in BASE: here");
	expect_scenario(p, SCENARIO_SKIPPED, SCENARIO_SKIPPED, EXIT_OK, "was skipped: here");
	expect_scenario(p, SCENARIO_OK, SCENARIO_ERROR, EXIT_NO_DATA, "could not be checked: here");
	results__verdict(p->now->scenario[0], SCENARIO_OK, "");
	results__scenario(p->base, "gone");
	assert_int_equal(compare(p, &defaults), EXIT_NO_DATA);
}

/* All three forms of everything at once hold what they should, with text escaped */
static void test_forms(void **state)
{
	struct pair *p = *state;
	char *text = NULL, *json = NULL, *html = NULL;
	size_t n;
	FILE *out;

	boots(p->base, "<s>", "m_ns", 8, 1000, 0.1);
	boots(p->now, "<s>", "m_ns", 8, 1020, 0.1);
	boots(p->base, "<s>", "zero", 8, 0, 0);
	boots(p->now, "<s>", "zero", 8, 1, 0);
	boots(p->now, "<s>", "new", 8, 1, 0);
	p->now->env.cpus = 4;
	compare(p, &defaults);
	out = open_memstream(&text, &n);
	assert_int_equal(comparison__text(out, &p->g, true), 0);
	fclose(out);
	assert_non_null(strstr(text, "+2.00 %"));
	assert_non_null(strstr(text, "forced, although cpus differs: '0' and '4'"));
	assert_non_null(strstr(text, "2 of 2 gated metrics became worse."));
	out = open_memstream(&json, &n);
	assert_int_equal(comparison__json(out, &p->g, true), 0);
	fclose(out);
	assert_non_null(strstr(json, "\"exit\":4"));
	out = open_memstream(&html, &n);
	assert_int_equal(comparison__html(out, &p->g, true), 0);
	fclose(out);
	assert_non_null(strstr(html, "&lt;s&gt;"));
	assert_null(strstr(html, "<s>"));
	assert_null(strstr(html, "{{"));
	assert_null(strstr(html, "nan"));
	assert_null(strstr(html, "inf%"));
	free(text);
	free(json);
	free(html);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_verdicts, setup, teardown),
		cmocka_unit_test_setup_teardown(test_counts, setup, teardown),
		cmocka_unit_test_setup_teardown(test_too_few_boots, setup, teardown),
		cmocka_unit_test_setup_teardown(test_one_boot_and_none, setup, teardown),
		cmocka_unit_test_setup_teardown(test_one_side_only, setup, teardown),
		cmocka_unit_test_setup_teardown(test_margin_follows_noise, setup, teardown),
		cmocka_unit_test_setup_teardown(test_simultaneous, setup, teardown),
		cmocka_unit_test_setup_teardown(test_scenarios, setup, teardown),
		cmocka_unit_test_setup_teardown(test_forms, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
