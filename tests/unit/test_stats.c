// SPDX-License-Identifier: GPL-2.0-only
/* Quantiles, histograms, durations and the option parser. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/event.h"
#include "core/stats.h"
#include "lib/clock.h"
#include "lib/log.h"
#include "lib/options.h"
#include "lib/text.h"
#include "source/inventory.h"

/* Every bucket's lower bound falls into that bucket, and buckets are ordered. */
static void test_hist_buckets(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < ATCQ_HIST_BUCKETS; i++) {
		assert_int_equal(atcq_hist_index(atcq_hist_lower(i)), i);
		if (i)
			assert_true(atcq_hist_lower(i) > atcq_hist_lower(i - 1));
	}
	assert_int_equal(atcq_hist_index(UINT64_MAX), ATCQ_HIST_BUCKETS - 1);
}

/* Nearest-rank quantiles of small sets are samples, not inventions. */
static void test_quantiles(void **state)
{
	struct samples s = { 0 };

	(void)state;
	assert_int_equal(samples__quantile(&s, 50), 0);
	for (uint64_t v = 100; v >= 1; v--)
		assert_int_equal(samples__add(&s, v), 0);
	assert_int_equal(samples__quantile(&s, 0), 1);
	assert_int_equal(samples__quantile(&s, 50), 50);
	assert_int_equal(samples__quantile(&s, 90), 90);
	assert_int_equal(samples__quantile(&s, 99), 99);
	assert_int_equal(samples__quantile(&s, 100), 100);
	assert_int_equal(samples__add(&s, 1000), 0);
	assert_int_equal(samples__quantile(&s, 100), 1000);
	samples__free(&s);
}

/* A histogram's quantile is within a bucket's width of the truth. */
/* Beyond a limit a sample is kept: ends exact, the rest close, memory bounded */
static void test_limit(void **state)
{
	struct samples s = { .limit = 4096 };

	(void)state;
	for (uint64_t i = 0; i < 1000000; i++)
		assert_int_equal(samples__add(&s, (i * 7919) % 1000000), 0);
	assert_int_equal(s.n, 4096);
	assert_int_equal(s.seen, 1000000);
	assert_int_equal(samples__quantile(&s, 0), 0);
	assert_int_equal(samples__quantile(&s, 100), 999999);
	assert_in_range(samples__quantile(&s, 50), 470000, 530000);
	assert_in_range(samples__quantile(&s, 99), 984000, 996000);
	samples__free(&s);
}

static void test_hist_quantile(void **state)
{
	struct atcq_hist h = { 0 };
	uint64_t p50;

	(void)state;
	assert_int_equal(hist__quantile(&h, 50), 0);
	for (uint64_t ns = 1; ns <= 10000; ns++) {
		h.count++;
		h.bucket[atcq_hist_index(ns)]++;
	}
	p50 = hist__quantile(&h, 50);
	assert_true(p50 <= 5000 && p50 >= 5000 - 5000 / 32);
}

/* Durations need a unit, and do not overflow silently. */
static void test_durations(void **state)
{
	uint64_t ns;

	(void)state;
	assert_int_equal(duration__parse("10s", &ns), 0);
	assert_int_equal(ns, 10000000000ull);
	assert_int_equal(duration__parse("500us", &ns), 0);
	assert_int_equal(ns, 500000);
	assert_true(duration__parse("10", &ns) < 0);
	assert_true(duration__parse("-1s", &ns) < 0);
	assert_true(duration__parse("99999999999999h", &ns) < 0);
	assert_true(duration__parse("s", &ns) < 0);
	assert_true(number__parse("18446744073709551616", &ns) < 0);
	assert_true(number__parse("0x10", &ns) < 0);
}

struct sample_opts {
	bool flag;
	uint64_t n;
	const char *name;
};

static const struct opt sample_options[] = {
	{ "flag", 'f', OPT_FLAG, NULL, "", offsetof(struct sample_opts, flag), 0, 0, NULL, false },
	{ "number", 'n', OPT_UINT, "N", "", offsetof(struct sample_opts, n), 1, 100, NULL, false },
	{ "name", 0, OPT_STRING, "NAME", "", offsetof(struct sample_opts, name), 0, 0, NULL, true },
	{ NULL, 0, 0, NULL, NULL, 0, 0, 0, NULL, false },
};

static const struct usage sample_cmd = {
	.name = "sample", .args = "", .opts = sample_options,
	.opts_size = sizeof(struct sample_opts), .max_args = 1, .trailing_command = true,
};

static int parse(struct parsed_options *p, struct error *err, const char *const *words)
{
	static char *argv[16];
	int argc = 0;

	for (; words[argc]; argc++)
		argv[argc] = (char *)words[argc];
	argv[argc] = NULL;
	return options__parse(&sample_cmd, argc, argv, p, err);
}

/* Options, positionals and COMMAND end up where they belong. */
static void test_options(void **state)
{
	const char *const words[] = { "sample", "-f", "one", "--number=7", "--name", "x", "--", "ls", "-l", NULL };
	struct error err = { "" };
	struct parsed_options p;
	struct sample_opts *o;

	(void)state;
	assert_int_equal(parse(&p, &err, words), 0);
	o = p.opts;
	assert_true(o->flag);
	assert_int_equal(o->n, 7);
	assert_string_equal(o->name, "x");
	assert_int_equal(p.argc, 1);
	assert_string_equal(p.argv[0], "one");
	assert_string_equal(p.command[1], "-l");
	options__free(&p);
}

/* What is wrong is named, with the way out. */
static void test_bad_options(void **state)
{
	static const struct {
		const char *words[6];
		const char *message;
	} cases[] = {
		{ { "sample", "--nmae", "x" }, "did you mean --name" },
		{ { "sample", "--name" }, "--name needs a value (NAME)" },
		{ { "sample" }, "--name NAME is required" },
		{ { "sample", "--name", "x", "-n", "101" }, "between 1 and 100" },
		{ { "sample", "--name", "x", "-n", "many" }, "not a whole number" },
		{ { "sample", "--name", "x", "a", "b" }, "unexpected argument 'b'" },
		{ { "sample", "--flag=1" }, "takes no value" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct error err = { "" };
		struct parsed_options p;

		assert_true(parse(&p, &err, cases[i].words) < 0);
		if (!strstr(err.text, cases[i].message))
			fail_msg("'%s' does not contain '%s'", err.text, cases[i].message);
		options__free(&p);
	}
}

/* PCI addresses in all usual forms, and nothing else. */
static void test_bdf(void **state)
{
	uint32_t seg, addr;
	char out[16];

	(void)state;
	assert_int_equal(bdf__parse("1:0.0", out, &seg, &addr), 0);
	assert_string_equal(out, "0000:01:00.0");
	assert_int_equal(addr, 0x100);
	assert_int_equal(bdf__parse("0001:ff:1f.7", out, &seg, &addr), 0);
	assert_int_equal(seg, 1);
	assert_int_equal(addr, 0xffff);
	assert_int_equal(bdf__parse("aB:0C.1", out, &seg, &addr), 0);
	assert_string_equal(out, "0000:ab:0c.1");
}

/* Anything else is no address: least of all one that another device has after an overflow. */
static void test_bad_bdf(void **state)
{
	static const char *const bad[] = {
		"", "eth0", ":", "1", "1:0", "1:0.", ":0.0", "1:.0", "0000:01:20.0", "0000:01:00.8", "1:0.10",
		"0000:01:00.0x", "0000:01:00.0 ", "0000:01:00.0\n", " 0000:01:00.0", "0000:01: 0.0", "0000:01:00.-0",
		"100000002:00.0", "00000:01:00.0", "10000:01:00.0", "0000:001:00.0", "0000:01:000.0",
		"100000000:01:00.0", "0000:01:100000000.0", "0x1:0.0", "0000:0x01:00.0", "+1:0.0", "-1:0.0",
		"0000:0000:01:00.0", "0000:01:00:0", "0000.01:00.0", "0000:01:00.0:pcie001",
	};
	uint32_t seg, addr;
	char out[16];

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (bdf__parse(bad[i], out, &seg, &addr) != -EINVAL)
			fail_msg("'%s' is taken for %s", bad[i], out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hist_buckets), cmocka_unit_test(test_quantiles),
		cmocka_unit_test(test_limit), cmocka_unit_test(test_hist_quantile), cmocka_unit_test(test_durations),
		cmocka_unit_test(test_options), cmocka_unit_test(test_bad_options),
		cmocka_unit_test(test_bdf), cmocka_unit_test(test_bad_bdf),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
