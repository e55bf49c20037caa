// SPDX-License-Identifier: GPL-2.0-only
/* What `atcq top` shows of a picture: order, filter, and how much fits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "cmd/top.h"

struct shown {
	char text[32][160];
	enum top_kind kind[32];
	size_t n;
};

static void keep(void *ctx, enum top_kind kind, const char *text)
{
	struct shown *s = ctx;

	assert_in_range(s->n, 0, 31);
	s->kind[s->n] = kind;
	snprintf(s->text[s->n++], sizeof(s->text[0]), "%s", text);
}

static struct top_row rows[3];
static struct top_smmu smmu;

static struct top picture(void)
{
	static const char *const bdf[] = { "0000:01:00.0", "0000:02:00.0", "0000:03:00.0" };
	static const char *const name[] = { "zebra", "Ant", "mule" };
	struct top t = { .row = rows, .nrow = 3, .smmu = &smmu, .nsmmu = 1,
			 .taken_ns = 60000000000ull, .interval_ns = 2000000000 };

	memset(rows, 0, sizeof(rows));
	smmu = (struct top_smmu) { .count = 400, .p50_ns = 1700, .p99_ns = 12000 };
	for (size_t i = 0; i < 3; i++) {
		snprintf(rows[i].dev.bdf, sizeof(rows[i].dev.bdf), "%s", bdf[i]);
		snprintf(rows[i].dev.name, sizeof(rows[i].dev.name), "%s", name[i]);
		rows[i].dev.state_known = true;
	}
	rows[1].dev.blocked = ATCQ_BLOCKED_BROKEN;
	rows[1].had_incident = true;
	rows[1].last = (struct incident) { .state = INCIDENT_FENCED, .opened_ns = 56000000000ull };
	rows[2].had_incident = true;
	rows[2].last = (struct incident) { .state = INCIDENT_RECOVERED, .opened_ns = 10000000000ull };
	rows[2].last.phase_ns[PHASE_RAISED] = 10000000000ull;
	rows[2].last.phase_ns[PHASE_RECOVERED] = 11213000000ull;
	return t;
}

/* The addresses in the order in which they are shown, by their bus */
static void expect_order(const struct top_view *v, const char *buses)
{
	struct top t = picture();
	struct shown s = { .n = 0 };
	char got[8] = "";

	top__lines(&t, v, 0, 200, keep, &s);
	for (size_t i = 0; i < s.n; i++)
		if (!strncmp(s.text[i], "0000:", 5))
			strncat(got, &s.text[i][6], 1);
	assert_string_equal(got, buses);
}

static void test_order(void **state)
{
	(void)state;
	expect_order(&(struct top_view) { .sort = TOP_BY_DEVICE }, "123");
	expect_order(&(struct top_view) { .sort = TOP_BY_DEVICE, .reverse = true }, "321");
	expect_order(&(struct top_view) { .sort = TOP_BY_STATE }, "213");
	expect_order(&(struct top_view) { .sort = TOP_BY_INCIDENT }, "231");
	expect_order(&(struct top_view) { .sort = TOP_BY_NAME }, "231");
}

static void test_filter(void **state)
{
	(void)state;
	expect_order(&(struct top_view) { .filter = "broken" }, "2");
	expect_order(&(struct top_view) { .filter = "ant" }, "2");
	expect_order(&(struct top_view) { .filter = "03:" }, "3");
	expect_order(&(struct top_view) { .filter = "nothing" }, "");
	expect_order(&(struct top_view) { .first = 1 }, "23");
}

static void test_what_is_said(void **state)
{
	struct top t = picture();
	struct shown s = { .n = 0 };

	(void)state;
	assert_int_equal(top__lines(&t, &(struct top_view) { .sort = TOP_BY_DEVICE }, 0, 200, keep, &s), 3);
	assert_int_equal(s.n, 7);
	assert_non_null(strstr(s.text[1], "CMD_SYNCs 200/s, p50 1.700 us, p99 12.000 us"));
	assert_int_equal(s.kind[4], TOP_HEALTHY);
	assert_int_equal(s.kind[5], TOP_ALERT);
	assert_non_null(strstr(s.text[5], "4.0 s ago, fenced"));
	assert_non_null(strstr(s.text[6], "50.0 s ago, took 1.2 s"));
}

/* Nothing is wider or longer than there is room for */
static void test_room(void **state)
{
	struct top t = picture();
	struct shown s = { .n = 0 };

	(void)state;
	top__lines(&t, &(struct top_view) { .sort = TOP_BY_DEVICE }, 5, 40, keep, &s);
	assert_int_equal(s.n, 5);
	for (size_t i = 0; i < s.n; i++)
		assert_in_range(strlen(s.text[i]), 0, 40);
}

/* An armed fault is seen on a terminal of 80 columns */
static void test_armed(void **state)
{
	struct top t = picture();
	struct shown s = { .n = 0 };

	(void)state;
	snprintf(rows[2].armed, sizeof(rows[2].armed), "atc-timeout");
	top__lines(&t, &(struct top_view) { .sort = TOP_BY_DEVICE }, 0, 80, keep, &s);
	assert_non_null(strstr(s.text[6], " atc-timeout"));
}

/* A p99 of fewer than 100 is not told */
static void test_few(void **state)
{
	struct top t = picture();
	struct shown s = { .n = 0 };

	(void)state;
	smmu.count = 99;
	top__lines(&t, &(struct top_view) { .sort = TOP_BY_DEVICE }, 0, 200, keep, &s);
	assert_non_null(strstr(s.text[1], "p99 -"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_filter),
		cmocka_unit_test(test_what_is_said),
		cmocka_unit_test(test_room),
		cmocka_unit_test(test_armed),
		cmocka_unit_test(test_few),
	};

	return cmocka_run_group_tests_name("top", tests, NULL, NULL);
}
