// SPDX-License-Identifier: GPL-2.0-only
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "lib/clock.h"

static void test_durations(void **state)
{
	static const struct { uint64_t ns; const char *exact, *rounded, *long_one; } cases[] = {
		{ 0, "0 ns", "0 ns", "0.0 s" },
		{ 999, "999 ns", "999 ns", "0.0 s" },
		{ 1234, "1.234 us", "1.23 us", "0.0 s" },
		{ 99949, "99.949 us", "99.9 us", "0.0 s" },
		{ 999499, "999.499 us", "999 us", "0.0 s" },
		{ 999500, "999.500 us", "1.00 ms", "0.0 s" },
		{ 12345678900, "12.346 s", "12.3 s", "12.3 s" },
		{ 302000000000, "302.000 s", "302 s", "5 min 2 s" },
		{ 11523000000000, "11523.000 s", "11523 s", "3 h 12 min" },
	};
	char text[32];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		duration__format(cases[i].ns, DURATION_EXACT, text, sizeof(text));
		assert_string_equal(text, cases[i].exact);
		duration__format(cases[i].ns, DURATION_ROUNDED, text, sizeof(text));
		assert_string_equal(text, cases[i].rounded);
		duration__format(cases[i].ns, DURATION_LONG, text, sizeof(text));
		assert_string_equal(text, cases[i].long_one);
	}
}

static void test_utc(void **state)
{
	char text[32];

	(void)state;
	utc__format(1795185005123456789, text);
	assert_string_equal(text, "2026-11-20T14:30:05.123456789Z");
	utc__format(-1, text);
	assert_string_equal(text, "");
	utc__format_seconds(1795185005123456789, text);
	assert_string_equal(text, "2026-11-20 14:30:05 UTC");
}

static void test_clocks(void **state)
{
	uint64_t boot = clock__boottime_ns(), monotonic = clock__monotonic_ns(), cpu = clock__process_cpu_ns();
	int64_t wall = clock__realtime_ns(), skew;

	(void)state;
	assert_true(clock__boottime_ns() >= boot && clock__monotonic_ns() >= monotonic);
	assert_true(clock__process_cpu_ns() >= cpu);
	skew = wall - (int64_t)boot - clock__wall_offset_ns();
	assert_true(llabs(skew) < 1000000000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_durations),
		cmocka_unit_test(test_utc),
		cmocka_unit_test(test_clocks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
