// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/text.h"

static void test_hash(void **state)
{
	(void)state;
	/* From the authors' table of test vectors */
	assert_int_equal(fnv32__add(FNV32_BASIS, "", 0), 0x811c9dc5);
	assert_int_equal(fnv32__add(FNV32_BASIS, "foobar", 6), 0xbf9cf968);
	assert_true(fnv64__add(FNV64_BASIS, "", 0) == 0xcbf29ce484222325);
	assert_true(fnv64__add(FNV64_BASIS, "foobar", 6) == 0x85944171f73967e8);
	/* In two parts as in one */
	assert_true(fnv64__add(fnv64__add(FNV64_BASIS, "foo", 3), "bar", 3) == 0x85944171f73967e8);
}

static void test_numbers(void **state)
{
	uint64_t v;

	(void)state;
	assert_int_equal(number__parse("18446744073709551615", &v), 0);
	assert_true(v == UINT64_MAX);
	assert_int_equal(number__parse("18446744073709551616", &v), -ERANGE);
	assert_int_equal(number__parse("", &v), -EINVAL);
	assert_int_equal(number__parse("-1", &v), -EINVAL);
	assert_int_equal(number__parse("1 ", &v), -EINVAL);
	assert_int_equal(size__parse("3G", &v), 0);
	assert_true(v == 3ull << 30);
	assert_int_equal(size__parse("16777216T", &v), -ERANGE);
	assert_int_equal(size__parse("3g", &v), -EINVAL);
}

static void test_buffer(void **state)
{
	struct buf b = { 0 };

	(void)state;
	for (int i = 0; i < 3000; i++)
		buf__printf(&b, "%04d,", i);
	assert_false(b.failed);
	assert_int_equal(b.len, 15000);
	assert_memory_equal(b.data + 14990, "2998,2999,", 10);
	buf__clear(&b);
	buf__add(&b, "x", 1);
	assert_int_equal(b.len, 1);
	assert_int_equal(b.data[0], 'x');
	buf__free(&b);
	assert_null(b.data);
}

static void test_arena(void **state)
{
	struct arena a = { 0 };
	char *first, *large, *again;

	(void)state;
	first = arena__new(&a, 3);
	memcpy(first, "abc", 3);
	for (int i = 0; i < 10000; i++)
		memset(arena__new(&a, 24), 0xff, 24);
	assert_memory_equal(first, "abc", 3);
	large = arena__new(&a, 1 << 20);
	memset(large, 1, 1 << 20);
	arena__clear(&a);
	again = arena__new(&a, 3);
	assert_ptr_equal(again, first);
	arena__free(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hash),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_buffer),
		cmocka_unit_test(test_arena),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
