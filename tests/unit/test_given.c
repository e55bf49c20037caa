// SPDX-License-Identifier: GPL-2.0-only
/* Devices that 'atcq run --device NAME=BDF' names: exactly these, or the run is refused. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <atcq/ats-testdev-regs.h>

#include "scenario/given.h"

static const char text[] =
	"name: x\nproves: y\ndevices: { a: testdev, b: testdev, rest: { kind: testdev, count: 3 }, q: '1b4b:9123' }\n"
	"steps: [ dead: a ]\nexpect: { incidents: 1 }\n";
static struct scenario *s;
/* Two test devices, one of the ids that 'q' asks for, and one of these without ATS */
static struct device devices[4];
static struct inventory inv = { .dev = devices, .ndev = 4, .nsmmu = 1 };
static struct given given;
static struct error err;

static int setup(void **state)
{
	(void)state;
	for (size_t i = 0; i < 4; i++) {
		devices[i] = (struct device) { .addr = (i + 1) << 8, .ats = i < 3 ? ATS_ON : ATS_UNSUPPORTED,
			.vendor_id = i < 2 ? ATS_TESTDEV_VENDOR : 0x1b4b,
			.device_id = i < 2 ? ATS_TESTDEV_DEVICE : 0x9123, .name = "thing" };
		snprintf(devices[i].bdf, sizeof(devices[i].bdf), "0000:%02x:00.0", (unsigned int)(i + 1) & 0xff);
	}
	return scenario__parse(&s, "t", text, strlen(text), &err);
}

static int teardown(void **state)
{
	(void)state;
	scenario__free(s);
	return 0;
}

/* The first check that says no, as the command does them */
static int check(const char *one, const char *two)
{
	struct opt_list list = { .v = { one, two }, .n = two ? 2 : 1 };
	int ret = given__parse(&given, &list, &err);

	if (!ret)
		ret = given__check_names(&given, s, &err);
	return ret ? ret : given__check_devices(&given, s, &inv, &err);
}

static void refused(const char *one, const char *two, const char *why)
{
	*err.text = '\0';
	assert_int_equal(check(one, two), -EINVAL);
	if (!strstr(err.text, why))
		fail_msg("%s %s: '%s' does not say '%s'", one, two ? two : "", err.text, why);
}

/* What is right is taken, by its whole address, and is no other name's. */
static void test_taken(void **state)
{
	(void)state;
	assert_int_equal(check("b=1:0.0", "q=0000:03:00.0"), 0);
	assert_string_equal(given__bdf(&given, "b"), "0000:01:00.0");
	assert_string_equal(given__bdf(&given, "q"), "0000:03:00.0");
	assert_null(given__bdf(&given, "a"));
	assert_null(given__bdf(&given, "bb"));
	assert_true(given__has(&given, "0000:01:00.0"));
	assert_false(given__has(&given, "0000:02:00.0"));
}

/* What is no NAME=BDF, or is there twice, is refused before anything is looked at. */
static void test_words(void **state)
{
	(void)state;
	refused("1:0.0", NULL, "--device 1:0.0: which of the scenario's devices is it? Give --device NAME=BDF");
	refused("=1:0.0", NULL, "which of the scenario's devices");
	refused("a=", NULL, "'' is not a PCI address");
	refused("a=gpu0", NULL, "'gpu0' is not a PCI address");
	refused("a=100000002:00.0", NULL, "is not a PCI address");
	refused("a=0000:01:00.8", NULL, "is not a PCI address");
	refused("a=1:0.0 ", NULL, "is not a PCI address");
	refused("a=1:0.0,2:0.0", NULL, "is not a PCI address");
	refused("a_name_that_is_too_long_for_any=1:0.0", NULL, "so long a name");
	refused("a=1:0.0", "a=2:0.0", "--device a=2:0.0: 'a' is given twice, first as 0000:01:00.0");
	refused("a=1:0.0", "a=1:0.0", "'a' is given twice");
	refused("a=1:0.0", "b=0000:01:00.0", "0000:01:00.0 is given to two names");
}

/* A name that the scenario does not have, or that stands for several devices. */
static void test_names(void **state)
{
	(void)state;
	refused("c=1:0.0", NULL, "scenario 'x' has no device 'c', it has: a, b, rest, q");
	refused("aa=1:0.0", NULL, "has no device 'aa'");
	refused("A=1:0.0", NULL, "has no device 'A'");
	refused("rest=1:0.0", NULL, "'rest' stands for 3 devices");
}

/* A device that is not there, or is another kind of device than the scenario is about. */
static void test_devices(void **state)
{
	(void)state;
	refused("a=9:0.0", NULL, "--device a=0000:09:00.0: there is no such device behind an SMMUv3; 'atcq list'");
	refused("a=0001:01:00.0", NULL, "there is no such device");
	refused("a=3:0.0", NULL, "'a' is to be an ATS test device in scenario 'x', not 1b4b:9123 (thing)");
	refused("q=1:0.0", NULL, "'q' is to be a device 1b4b:9123");
	refused("q=4:0.0", NULL, "--device q=0000:04:00.0: thing does not have ATS");
}

/* A machine without devices of the lab has others in their place, if they have ATS. */
static void test_elsewhere(void **state)
{
	(void)state;
	devices[0].device_id = devices[1].device_id = 1;
	assert_int_equal(check("a=1:0.0", "b=3:0.0"), 0);
	refused("a=4:0.0", NULL, "does not have ATS");
	refused("q=1:0.0", NULL, "'q' is to be a device 1b4b:9123");
}

#define GIVEN(t) cmocka_unit_test_setup_teardown(t, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		GIVEN(test_taken), GIVEN(test_words), GIVEN(test_names), GIVEN(test_devices), GIVEN(test_elsewhere),
	};

	return cmocka_run_group_tests_name("given", tests, NULL, NULL);
}
