// SPDX-License-Identifier: GPL-2.0-only
/* Results files: what is written is read, and nonsense is told with its place. */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/log.h"
#include "verify/results.h"

static char dir[64], file[96];

static int make_dir(void **state)
{
	(void)state;
	snprintf(dir, sizeof(dir), "/tmp/test_results.XXXXXX");
	assert_non_null(mkdtemp(dir));
	snprintf(file, sizeof(file), "%s/r.json", dir);
	return 0;
}

static int drop_dir(void **state)
{
	char command[96];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf %s", dir);
	return system(command);
}

static struct results *made(const char *boot)
{
	struct results *r = results__new();
	struct results_scenario *s;
	struct results_boot *b;

	assert_non_null(r);
	assert_int_equal(results__env_here(r, "tracepoints"), 0);
	assert_int_equal(results__tool(r, "emulator", "QEMU 7.2"), 0);
	s = results__scenario(r, "hardware \"timeout\"");
	assert_int_equal(results__verdict(s, SCENARIO_OK, "\xff"), 0);
	b = results__boot(s, boot);
	assert_int_equal(results__varied(b, "seed", "7"), 0);
	for (int i = 0; i < 40; i++)
		assert_int_equal(results__value(b, "quarantine_ns", 4624 + i % 2 * 16), 0);
	assert_int_equal(results__value(b, "cmd_sync_ns", 1697.33), 0);
	return r;
}

static void write_ok(const struct results *r, const char *path)
{
	struct error err = { "" };

	assert_int_equal(results__write(r, path, &err), 0);
	assert_string_equal(err.text, "");
}

static void test_round_trip(void **state)
{
	struct results *r = made("b1"), *back;
	const struct results_boot *b;
	struct error err;

	(void)state;
	write_ok(r, file);
	assert_int_equal(results__read(file, &back, &err), 0);
	assert_string_equal(back->env.atcq, r->env.atcq);
	assert_string_equal(back->env.clock, "wall");
	assert_int_equal(back->env.cpus, r->env.cpus);
	assert_string_equal(back->env.tools.v[0].value, "QEMU 7.2");
	assert_string_equal(back->scenario[0]->name, "hardware \"timeout\"");
	assert_string_equal(back->scenario[0]->reason, "?");
	b = back->scenario[0]->boot[0];
	assert_string_equal(b->varied.v[0].key, "seed");
	assert_int_equal(results__metric(b, "quarantine_ns")->n, 40);
	assert_true(results__metric(b, "quarantine_ns")->v[1] == 4640);
	assert_true(results__metric(b, "cmd_sync_ns")->v[0] == 1697.33);
	assert_null(results__metric(b, "none"));
	results__free(back);
	results__free(r);
}

/* Nothing but the file is left in the folder, and what was there is replaced at once */
static void test_write_replaces(void **state)
{
	struct results *r = made("b1");
	struct error err = { "" };
	char none[128];

	(void)state;
	write_ok(r, file);
	write_ok(r, file);
	assert_int_equal(unlink(file), 0);
	assert_int_equal(rmdir(dir), 0);
	assert_int_equal(mkdir(dir, 0700), 0);
	snprintf(none, sizeof(none), "%s/none/r.json", dir);
	assert_int_equal(results__write(r, none, &err), -ENOENT);
	assert_non_null(strstr(err.text, "cannot write the results: No such file"));
	assert_int_equal(results__write(r, "/dev/full", &err), -ENOSPC);
	results__free(r);
}

/* A boot counts once, however often it is measured; and no boot is no file */
static void test_write_into_folder(void **state)
{
	struct results *one = made("b1"), *two = made("b2"), *none = results__new(), *back;
	struct error err = { "" };

	(void)state;
	assert_non_null(none);
	assert_int_equal(results__write(none, dir, &err), 0);
	assert_int_equal(results__read(dir, &back, &err), -EBADMSG);
	assert_non_null(strstr(err.text, "no file *.json"));
	write_ok(one, dir);
	write_ok(two, dir);
	write_ok(one, dir);
	assert_int_equal(results__read(dir, &back, &err), 0);
	assert_int_equal(back->scenario[0]->nboot, 2);
	results__free(back);
	results__free(one);
	results__free(two);
	results__free(none);
}

static void test_bad_values(void **state)
{
	struct results *r = results__new();
	struct results_boot *b = results__boot(results__scenario(r, "s"), "b");

	(void)state;
	assert_int_equal(results__value(b, "m", NAN), -EINVAL);
	assert_int_equal(results__value(b, "m", INFINITY), -EINVAL);
	assert_int_equal(results__value(b, "m", -1), -EINVAL);
	assert_null(results__metric(b, "m"));
	results__free(r);
}

#define HEAD "{\"format\":\"atcq-results\",\"version\":1,\"environment\":{},\"scenarios\":"
#define BOOT(metrics) HEAD "[{\"name\":\"s\",\"verdict\":\"ok\",\"boots\":[{\"boot_id\":\"b\",\"metrics\":" metrics "}]}]}"

static void expect_error(const char *text, const char *error)
{
	struct results *r = results__new();
	struct error err = { "" };
	struct reading rd = { "x.json", &err };
	int ret = read__text(&rd, r, text, strlen(text));

	if (!error)
		assert_int_equal(ret, 0);
	else if (ret != -EBADMSG || !strstr(err.text, error))
		fail_msg("%d, '%s' instead of '%s'", ret, err.text, error);
	results__free(r);
}

static void test_nonsense(void **state)
{
	(void)state;
	expect_error(BOOT("{\"m\":[1,2.5,0]}"), NULL);
	expect_error("", "x.json: is empty");
	expect_error("[]", "is not a results file");
	expect_error("{\"format\":\"atcq-results\"}", "'version' is missing");
	expect_error("{\"format\":\"atcq-results\",\"version\":2}", "has version 2, this atcq knows 1");
	expect_error("{\"format\":\"atcq-results\",\"version\":1,", "x.json:1:");
	expect_error(BOOT("{\"m\":[1,NaN]}"), "x.json:1:");
	expect_error(BOOT("{\"m\":[1,1e999]}"), "x.json:1:");
	expect_error(BOOT("{\"m\":[1,-0.5]}"), "scenarios[0].boots[0]: metrics.m[1]: negative");
	expect_error(BOOT("{\"m\":[\"1\"]}"), "metrics.m[0]: not a number");
	expect_error(BOOT("{\"m\":1}"), "metric 'm' is not a list");
	expect_error(BOOT("{\"m\":[1],\"m\":[2]}"), "duplicate");
	expect_error(HEAD "{}}", "'scenarios' is not a list");
	expect_error(HEAD "[{\"name\":\"s\",\"verdict\":\"fine\",\"boots\":[]}]}", "unknown verdict 'fine'");
	expect_error(HEAD "[{\"name\":\"s\",\"verdict\":\"ok\",\"boots\":[{\"boot_id\":\"\",\"metrics\":{}}]}]}",
		     "'boot_id' is empty");
	expect_error(HEAD "[{\"name\":\"s\",\"verdict\":\"ok\",\"boots\":[{\"boot_id\":\"b\",\"metrics\":{}},"
		     "{\"boot_id\":\"b\",\"metrics\":{}}]}]}", "boots[1]: boot b is there already");
	expect_error("{\"format\":\"atcq-results\",\"version\":1,\"environment\":{\"cpus\":-1},\"scenarios\":[]}",
		     "'cpus' is not a number of CPUs");
}

static void test_folder(void **state)
{
	struct results *r = made("b1"), *back;
	struct error err;
	char second[96];

	(void)state;
	write_ok(r, file);
	results__free(r);
	snprintf(second, sizeof(second), "%s/s.json", dir);
	r = made("b2");
	write_ok(r, second);
	assert_int_equal(results__read(dir, &back, &err), 0);
	assert_int_equal(back->nscenario, 1);
	assert_int_equal(back->scenario[0]->nboot, 2);
	results__free(back);
	r->env.cpus++;
	write_ok(r, second);
	assert_int_equal(results__read(dir, &back, &err), -EBADMSG);
	assert_non_null(strstr(err.text, "s.json: environment.cpus is"));
	r->env.cpus--;
	results__free(r);
	r = made("b1");
	write_ok(r, second);
	assert_int_equal(results__read(dir, &back, &err), -EBADMSG);
	assert_non_null(strstr(err.text, "the same boot twice"));
	results__free(r);
}

static void test_empty_folder(void **state)
{
	struct results *back;
	struct error err;

	(void)state;
	assert_int_equal(results__read(dir, &back, &err), -EBADMSG);
	assert_non_null(strstr(err.text, "has no results"));
	assert_int_equal(results__read("/nowhere", &back, &err), -ENOENT);
	assert_int_equal(results__read("/dev/null", &back, &err), -EBADMSG);
	assert_non_null(strstr(err.text, "no regular file"));
}

/* The kernel is what is compared; all else has to be the same */
static void test_environment(void **state)
{
	struct results *a = made("b1"), *b = made("b2");
	struct env_difference d[ENV_DIFFERENCES_MAX];

	(void)state;
	assert_int_equal(env__compare(&a->env, &b->env, true, d), 0);
	assert_int_equal(results__copy(&b->env.kernel, "7.4.0"), 0);
	assert_int_equal(env__compare(&a->env, &b->env, false, d), 0);
	assert_int_equal(env__compare(&a->env, &b->env, true, d), 1);
	assert_string_equal(d[0].field, "kernel");
	assert_int_equal(results__copy(&b->env.clock, "icount"), 0);
	b->env.cpus += 3;
	assert_int_equal(results__tool(b, "emulator", "QEMU 8"), 0);
	assert_int_equal(results__tool(b, "gcc", "12"), 0);
	assert_int_equal(env__compare(&a->env, &b->env, false, d), 4);
	assert_string_equal(d[2].field, "tools.emulator");
	assert_string_equal(d[3].a, "");
	results__free(a);
	results__free(b);
}

/* The order of the options, comments, and those that are off do not matter */
static void test_config_hash(void **state)
{
	char a[RESULTS_CONFIG_LEN], b[RESULTS_CONFIG_LEN], c[RESULTS_CONFIG_LEN];
	FILE *f;

	(void)state;
	f = fopen(file, "w");
	fputs("# made yesterday\nCONFIG_A=y\nCONFIG_B=12\n# CONFIG_C is not set\n", f);
	fclose(f);
	config__hash(file, a);
	f = fopen(file, "w");
	fputs("CONFIG_B=12\nCONFIG_A=y\n", f);
	fclose(f);
	config__hash(file, b);
	f = fopen(file, "w");
	fputs("CONFIG_B=13\nCONFIG_A=y\n", f);
	fclose(f);
	config__hash(file, c);
	assert_int_equal(strlen(a), 16);
	assert_string_equal(a, b);
	assert_string_not_equal(a, c);
	config__hash("/nowhere", a);
	assert_string_equal(a, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_round_trip, make_dir, drop_dir),
		cmocka_unit_test_setup_teardown(test_write_replaces, make_dir, drop_dir),
		cmocka_unit_test_setup_teardown(test_write_into_folder, make_dir, drop_dir),
		cmocka_unit_test(test_bad_values), cmocka_unit_test(test_nonsense),
		cmocka_unit_test_setup_teardown(test_folder, make_dir, drop_dir),
		cmocka_unit_test_setup_teardown(test_empty_folder, make_dir, drop_dir),
		cmocka_unit_test(test_environment),
		cmocka_unit_test_setup_teardown(test_config_hash, make_dir, drop_dir),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
