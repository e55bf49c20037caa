// SPDX-License-Identifier: GPL-2.0-only
/* Raw events as JSON: nothing of the record is left out, and what is not known is null. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "core/event.h"
#include "report/lines.h"

static json_int_t number(const json_t *obj, const char *key)
{
	const json_t *v = json_object_get(obj, key);

	if (!json_is_integer(v))
		fail_msg("%s is no number", key);
	return json_integer_value(v);
}

/* Every field has its own value under its own name. */
static void test_all_fields(void **state)
{
	const struct atcq_event ev = {
		.version = ATCQ_EVENT_VERSION, .type = ATCQ_EV_CMD_SYNC, .size = sizeof(ev),
		.time_ns = 1ull << 40, .duration_ns = 2, .cpu = 3, .smmu = 4, .sid = 5, .ssid = 6, .prod = 7,
		.segment = 8, .bdf = 9, .ret = -110, .code = 10, .source = 11, .ncmds = 12, .natc = 13,
		.count = 14,
	};
	json_t *obj = json__event(&ev);

	(void)state;
	assert_string_equal(json_string_value(json_object_get(obj, "event")), "cmd_sync");
	assert_int_equal(number(obj, "number"), ATCQ_EV_CMD_SYNC);
	assert_int_equal(number(obj, "time_ns"), 1ll << 40);
	assert_int_equal(number(obj, "duration_ns"), 2);
	assert_int_equal(number(obj, "cpu"), 3);
	assert_int_equal(number(obj, "smmu"), 4);
	assert_int_equal(number(obj, "sid"), 5);
	assert_int_equal(number(obj, "ssid"), 6);
	assert_int_equal(number(obj, "prod"), 7);
	assert_int_equal(number(obj, "segment"), 8);
	assert_int_equal(number(obj, "bdf"), 9);
	assert_int_equal(number(obj, "ret"), -110);
	assert_int_equal(number(obj, "code"), 10);
	assert_int_equal(number(obj, "source"), 11);
	assert_int_equal(number(obj, "ncmds"), 12);
	assert_int_equal(number(obj, "natc"), 13);
	assert_int_equal(number(obj, "count"), 14);
	assert_int_equal(json_object_size(obj), 18);
	json_decref(obj);
}

/* Identifiers that do not apply are null; each type has a name of its own, others have none. */
static void test_unknown(void **state)
{
	const struct atcq_event ev = {
		.type = 99, .smmu = ATCQ_NONE, .sid = ATCQ_NONE, .ssid = ATCQ_NONE, .prod = ATCQ_NONE,
		.segment = ATCQ_NONE, .bdf = ATCQ_NONE,
	};
	static const char *const ids[] = { "smmu", "sid", "ssid", "prod", "segment", "bdf" };
	json_t *obj = json__event(&ev);

	(void)state;
	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++)
		assert_true(json_is_null(json_object_get(obj, ids[i])));
	assert_string_equal(json_string_value(json_object_get(obj, "event")), "unknown");
	json_decref(obj);
	for (unsigned int a = ATCQ_EV_CMD_SYNC; a <= ATCQ_EV_FAULT_FIRED; a++) {
		assert_string_not_equal(event_type__name(a), "unknown");
		for (unsigned int b = ATCQ_EV_CMD_SYNC; b < a; b++)
			assert_string_not_equal(event_type__name(a), event_type__name(b));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_fields), cmocka_unit_test(test_unknown),
	};

	return cmocka_run_group_tests_name("event_json", tests, NULL, NULL);
}
