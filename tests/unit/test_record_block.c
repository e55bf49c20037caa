// SPDX-License-Identifier: GPL-2.0-only
/* Blocks of a recording and slices of events. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "source/recording.h"

#define BOOT "6f1c0c1e-9f2a-4b53-8a5e-0123456789ab"

static struct atcq_event *make(size_t n)
{
	struct atcq_event *ev = calloc(n, sizeof(*ev));

	for (size_t i = 0; i < n; i++)
		ev[i] = (struct atcq_event){
			.version = ATCQ_EVENT_VERSION, .type = ATCQ_EV_CMD_SYNC, .size = sizeof(*ev),
			.time_ns = 1000 + i * 7, .cpu = i % 3, .prod = i, .count = 1,
		};
	return ev;
}

struct seen {
	const struct atcq_event *want;
	size_t n;
};

static int compare(void *ctx, const struct atcq_event *ev)
{
	struct seen *s = ctx;

	assert_memory_equal(ev, &s->want[s->n], sizeof(*ev));
	s->n++;
	return 0;
}

static void test_slice(void **state)
{
	const size_t sizes[] = { 1, 818, 819, 820, 5000 };
	void *bytes;
	size_t len;

	(void)state;
	for (size_t i = 0; i < 5; i++) {
		struct atcq_event *ev = make(sizes[i]);
		struct seen s = { .want = ev };

		assert_int_equal(event_blob__encode(ev, sizes[i], BOOT, &bytes, &len), 0);
		assert_true(len < sizes[i] * sizeof(*ev) / 2 + 200);
		assert_int_equal(event_blob__decode(bytes, len, compare, &s), 0);
		assert_int_equal(s.n, sizes[i]);
		assert_int_equal(event_blob__decode(bytes, len - 1, compare, &(struct seen){ .want = ev }), -EBADMSG);
		free(bytes);
		free(ev);
	}
	assert_int_equal(event_blob__encode(NULL, 0, BOOT, &bytes, &len), 0);
	assert_int_equal(len, 0);
	assert_int_equal(event_blob__encode(NULL, 0, "nonsense", &bytes, &len), -EINVAL);
}

static void test_boot_id(void **state)
{
	const char *const wrong[] = { "", "6f", BOOT "00", "6f1c0c1e-9f2a-4b53-8a5e-0123456789ag",
				      "6f1c0c1e-9f2a-4b53-8a5e-0123456789a" };
	uint8_t id[16];
	char text[37];

	(void)state;
	assert_int_equal(boot_id__parse(BOOT "\n", id), 0);
	boot_id__format(id, text);
	assert_string_equal(text, BOOT);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
		assert_int_equal(boot_id__parse(wrong[i], id), -EINVAL);
}

static int take(void *ctx, const struct atcq_event *ev)
{
	memcpy(ctx, ev, sizeof(*ev));
	return 0;
}

/* A writer of tomorrow: longer records, types and versions that are not known */
static void test_grown_records(void **state)
{
	struct { struct atcq_event ev; uint64_t more; } grown = {
		.ev = { .version = ATCQ_EVENT_VERSION, .type = 999 & 0xff, .size = sizeof(grown), .prod = 5 },
	};
	struct { struct atcq_rec_prefix p; uint64_t what; } new_type = {
		.p = { .version = 1, .type = 0x1ff, .size = sizeof(new_type) },
	};
	const struct records_fn fn = { .event = take };
	_Alignas(8) uint8_t raw[sizeof(grown) + sizeof(new_type)];
	struct atcq_event got = { 0 };
	uint64_t unknown = 0;

	(void)state;
	memcpy(raw, &grown, sizeof(grown));
	memcpy(raw + sizeof(grown), &new_type, sizeof(new_type));
	assert_int_equal(records__each(raw, sizeof(raw), &fn, &got, &unknown), 0);
	assert_int_equal(got.prod, 5);
	assert_int_equal(got.size, sizeof(got));
	assert_int_equal(unknown, 0);
	((struct atcq_event *)(void *)raw)->version = ATCQ_EVENT_VERSION + 1;
	assert_int_equal(records__each(raw, sizeof(raw), &fn, &got, &unknown), 0);
	assert_int_equal(unknown, 1);
	((struct atcq_event *)(void *)raw)->size = 3;
	assert_int_equal(records__each(raw, sizeof(raw), &fn, &got, &unknown), -EBADMSG);
	((struct atcq_event *)(void *)raw)->size = sizeof(raw) + 8;
	assert_int_equal(records__each(raw, sizeof(raw), &fn, &got, &unknown), -EBADMSG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_slice), cmocka_unit_test(test_boot_id),
		cmocka_unit_test(test_grown_records),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
