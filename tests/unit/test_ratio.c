// SPDX-License-Identifier: GPL-2.0-only
/* The gate's statistics, against numbers from SciPy (gate_numbers.py) and simulations. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/stats.h"

static bool near(double a, double b, double relative)
{
	return fabs(a - b) <= relative * fabs(b);
}

static void test_student(void **state)
{
	static const struct { double p, df, t; } quantiles[] = {
		{ 0.975, 1, 12.7062047364 }, { 0.975, 8, 2.30600413503 },
		{ 0.9975, 8.3, 3.78509914999 }, { 0.99982, 14, 4.67165036317 },
		{ 0.9999, 2.5, 34.8679693324 }, { 0.995, 38, 2.71155760191 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(quantiles) / sizeof(quantiles[0]); i++)
		assert_true(near(student__quantile(quantiles[i].p, quantiles[i].df), quantiles[i].t, 1e-9));
	assert_true(near(student__cdf(-2.5, 4), 0.0333832724059941, 1e-12));
	assert_true(near(student__cdf(0.3, 7.7), 0.613942091811652, 1e-12));
	assert_true(near(student__cdf(6, 18), 0.999994365014447, 1e-12));
}

static void expect_ratio(const double *b, size_t nb, const double *n, size_t nn,
			 double value, double low, double high)
{
	struct moments base = moments__of(b, nb), now = moments__of(n, nn);
	struct ratio r = ratio__of(&base, &now, 0.01);

	assert_int_equal(r.kind, RATIO_INTERVAL);
	assert_true(near(r.value, value, 1e-11));
	assert_true(near(r.low, low, 1e-8));
	assert_true(near(r.high, high, 1e-8));
}

static void test_interval(void **state)
{
	static const double quiet_b[] = { 4631.2, 4634.4, 4636.0, 4632.8, 4630.4, 4635.1 };
	static const double quiet_n[] = { 4678.1, 4680.9, 4677.5, 4682.2, 4679.0, 4681.3 };
	static const double noisy_b[] = { 100, 112, 95, 104, 99 };
	static const double noisy_n[] = { 101, 90, 118, 99, 107, 103, 97 };
	static const double still_b[] = { 250, 250, 250, 250, 250 };
	static const double still_n[] = { 252, 249, 251, 250, 253 };

	(void)state;
	expect_ratio(quiet_b, 6, quiet_n, 6, 1.01003960446, 1.00921221379, 1.01086699513);
	expect_ratio(noisy_b, 5, noisy_n, 7, 1.00140056022, 0.864787517058, 1.13801360339);
	expect_ratio(still_b, 5, still_n, 5, 1.004, 0.990977653181, 1.01702234682);
}

static void test_zeros(void **state)
{
	static const double zero[] = { 0, 0, 0 }, some[] = { 0, 1, 2 }, one[] = { 7 };
	struct moments z = moments__of(zero, 3), s = moments__of(some, 3), single = moments__of(one, 1);

	(void)state;
	assert_int_equal(ratio__of(&z, &z, 0.05).kind, RATIO_BOTH_ZERO);
	assert_int_equal(ratio__of(&z, &s, 0.05).kind, RATIO_FROM_ZERO);
	assert_true(ratio__of(&s, &z, 0.05).value == 0);
	assert_int_equal(ratio__of(&single, &s, 0.05).kind, RATIO_NONE);
	assert_true(moments__noise(&z) == 0);
}

/* Equal values are equal however they round: 0.1 + 0.1 + ... is no variation */
static void test_no_variation(void **state)
{
	double v[17];
	struct moments m;

	(void)state;
	for (int i = 0; i < 17; i++)
		v[i] = 4558.1;
	m = moments__of(v, 17);
	assert_true(m.sd == 0);
	assert_true(ratio__of(&m, &m, 0.05).low == 1);
	assert_true(ratio__of(&m, &m, 0.05).high == 1);
}

/* 2 / C(2n, n) < alpha: 5 boots of each for one metric, 8 for 100 looks */
static void test_least_boots(void **state)
{
	(void)state;
	assert_int_equal(ratio__least_boots(0.05), 4);
	assert_int_equal(ratio__least_boots(0.01), 5);
	assert_int_equal(ratio__least_boots(0.05 / 160), 8);
	assert_true(ratio__enough_boots(20, 2, 0.01));
	assert_false(ratio__enough_boots(20, 2, 0.005));
	assert_false(ratio__enough_boots(20, 1, 0.5));
	assert_true(near(exp(log_choices(5, 5)), 252, 1e-9));
}

/* splitmix64: the same draws on any machine */
static double draw(uint64_t *seed)
{
	uint64_t z = *seed += 0x9e3779b97f4a7c15ull;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ z >> 27) * 0x94d049bb133111ebull;
	return ((z ^ z >> 31) >> 11) * 0x1p-53;
}

static double draw_normal(uint64_t *seed)
{
	double u = draw(seed);

	return sqrt(-2 * log(1 - u)) * cos(2 * M_PI * draw(seed));
}

/* What a boot may give, and how far it may lie off: 1 on the average, @noise its sd */
static double normal(uint64_t *seed, double noise)
{
	return 1 + noise * draw_normal(seed);
}

/* Two ways through the code, the longer one in one boot of three */
static double two_ways(uint64_t *seed, double noise)
{
	return 1 + noise * (draw(seed) < 1.0 / 3 ? M_SQRT2 : -M_SQRT1_2);
}

/* Most boots alike, some much slower */
static double skewed(uint64_t *seed, double noise)
{
	return 1 + noise * (-log(1 - draw(seed)) - 1);
}

struct simulated {
	double (*boot)(uint64_t *seed, double noise);
	double noise, change;
	size_t boots;
	unsigned int covered, worse, same, beyond_1;	/* of 4000 */
};

/* @noise of both sides; how often the interval of 95 % is where */
static void simulate(struct simulated *s)
{
	uint64_t seed = 20261125;
	double b[32], n[32];

	for (int i = 0; i < 4000; i++) {
		struct moments base, now;
		struct ratio r;
		double margin;

		for (size_t k = 0; k < s->boots; k++) {
			b[k] = s->boot(&seed, s->noise);
			n[k] = s->boot(&seed, s->noise) * (1 + s->change);
		}
		base = moments__of(b, s->boots);
		now = moments__of(n, s->boots);
		r = ratio__of(&base, &now, 0.05);
		margin = fmax(0.005, 5 * moments__noise(&base));
		s->covered += r.low <= 1 + s->change && r.high >= 1 + s->change;
		s->beyond_1 += r.low > 1 || r.high < 1;
		s->worse += r.low > 1 + margin;
		s->same += r.low >= 1 - margin && r.high <= 1 + margin;
	}
}

/* An interval of 95 % holds what it should, also if boots are nowhere near normal */
static void test_coverage(void **state)
{
	static double (*const kinds[])(uint64_t *, double) = { normal, two_ways, skewed };

	(void)state;
	for (size_t k = 0; k < 3; k++) {
		for (size_t boots = 5; boots <= 20; boots += 5) {
			struct simulated s = { .boot = kinds[k], .noise = 0.002, .change = 0.03, .boots = boots };

			simulate(&s);
			/* Of skewed boots, a few are too little to know the tail */
			assert_in_range(s.covered, 4000 * 93 / 100, 4000);
		}
	}
}

/* The same against the same: the interval misses 1 at times, a verdict needs the margin */
static void test_false_alarms(void **state)
{
	static double (*const kinds[])(uint64_t *, double) = { normal, two_ways, skewed };

	(void)state;
	for (size_t k = 0; k < 3; k++) {
		struct simulated s = { .boot = kinds[k], .noise = 0.001, .boots = 8 };

		simulate(&s);
		assert_in_range(s.beyond_1, 1, 4000 * 7 / 100);
		assert_int_equal(s.worse, 0);
		assert_in_range(s.same, 3990, 4000);
	}
}

/* 1 % is seen each time where boots vary by 0.07 %, and 0.1 % never; by 1 %, neither is */
static void test_power(void **state)
{
	struct simulated one = { .boot = normal, .noise = 0.0007, .change = 0.01, .boots = 8 };
	struct simulated tenth = { .boot = normal, .noise = 0.0007, .change = 0.001, .boots = 8 };
	struct simulated loud = { .boot = normal, .noise = 0.01, .change = 0.01, .boots = 8 };

	(void)state;
	simulate(&one);
	assert_in_range(one.worse, 3998, 4000);
	simulate(&tenth);
	assert_int_equal(tenth.worse, 0);
	simulate(&loud);
	assert_in_range(loud.worse, 0, 4000 / 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_student), cmocka_unit_test(test_interval),
		cmocka_unit_test(test_zeros), cmocka_unit_test(test_no_variation),
		cmocka_unit_test(test_least_boots), cmocka_unit_test(test_coverage),
		cmocka_unit_test(test_false_alarms), cmocka_unit_test(test_power),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
