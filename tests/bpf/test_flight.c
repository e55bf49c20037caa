// SPDX-License-Identifier: GPL-2.0-only
/* Which end belongs to which begin, on a machine with two CPUs. */
#include "bpf_test.h"

#include "flight_test.skel.h"

#define UNSEEN -1

static int setup(void **state)
{
	struct flight_test_bpf *skel = flight_test_bpf__open();

	*state = skel;
	if (!skel)
		return -1;
	skel->rodata->ncpus = libbpf_num_possible_cpus();
	return flight_test_bpf__load(skel);
}

static int teardown(void **state)
{
	flight_test_bpf__destroy(*state);
	return 0;
}

/* The attribution of calls that were lost thereby */
static int begins(struct flight_test_bpf *skel, int cpu, uint64_t list, uint64_t attribution)
{
	const uint64_t args[] = { list, attribution };

	return run_on(skel->progs.start, args, 2, cpu);
}

/* The attribution that its begin had, or UNSEEN */
static int ends(struct flight_test_bpf *skel, int cpu, uint64_t list)
{
	return run_on(skel->progs.end, &list, 1, cpu);
}

/* On one CPU, one after the other: each once, and nothing goes to the map. */
static void test_in_order(void **state)
{
	for (int i = 1; i < 100; i++) {
		assert_int_equal(begins(*state, 0, 0x1000 * i, i), 0);
		assert_int_equal(ends(*state, 0, 0x1000 * i), i);
		assert_int_equal(ends(*state, 0, 0x1000 * i), UNSEEN);
	}
	assert_int_equal(((struct flight_test_bpf *)*state)->bss->noverflow, 0);
}

/* An interrupt's call within another's, and one within that. */
static void test_nested(void **state)
{
	struct flight_test_bpf *skel = *state;

	for (int i = 1; i <= 3; i++)
		assert_int_equal(begins(skel, 0, i, i), 0);
	assert_int_equal(skel->bss->noverflow, 2);
	for (int i = 3; i >= 1; i--)
		assert_int_equal(ends(skel, 0, i), i);
	assert_int_equal(skel->bss->noverflow, 0);
}

/* A call ends on another CPU than it began on, also if it was driven out there. */
static void test_migrated(void **state)
{
	struct flight_test_bpf *skel = *state;

	if (libbpf_num_possible_cpus() < 2)
		skip();
	assert_int_equal(begins(skel, 0, 1, 1), 0);
	assert_int_equal(begins(skel, 1, 2, 2), 0);
	assert_int_equal(ends(skel, 1, 1), 1);
	assert_int_equal(ends(skel, 0, 2), 2);
	assert_int_equal(begins(skel, 0, 3, 3), 0);
	assert_int_equal(begins(skel, 0, 4, 4), 0);
	assert_int_equal(ends(skel, 1, 3), 3);
	assert_int_equal(ends(skel, 0, 4), 4);
	assert_int_equal(skel->bss->noverflow, 0);
}

/* An end that is missed is told when its address is used again, wherever that is. */
static void test_missed(void **state)
{
	struct flight_test_bpf *skel = *state;

	assert_int_equal(begins(skel, 0, 1, 1), 0);
	assert_int_equal(begins(skel, 0, 1, 2), 1);
	assert_int_equal(ends(skel, 0, 1), 2);
	assert_int_equal(begins(skel, 0, 1, 1), 0);
	assert_int_equal(begins(skel, 0, 2, 2), 0);
	assert_int_equal(ends(skel, 0, 2), 2);
	assert_int_equal(begins(skel, 0, 1, 3), 1);
	assert_int_equal(ends(skel, 0, 1), 3);
	assert_int_equal(skel->bss->noverflow, 0);
}

/* More than there is room for: their attribution comes back, and all others are found. */
static void test_no_room(void **state)
{
	struct flight_test_bpf *skel = *state;
	int n = 4096 + 10, lost = 0, seen = 0;

	for (int i = 1; i <= n; i++)
		lost += begins(skel, 0, i, 1);
	assert_int_equal(lost, 9);
	for (int i = 1; i <= n; i++)
		seen += ends(skel, 0, i) == 1;
	assert_int_equal(seen, n - lost);
	assert_int_equal(skel->bss->noverflow, 0);
}

#define WITH_OBJECT(t) cmocka_unit_test_setup_teardown(t, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_OBJECT(test_in_order),
		WITH_OBJECT(test_nested),
		WITH_OBJECT(test_migrated),
		WITH_OBJECT(test_missed),
		WITH_OBJECT(test_no_room),
	};

	need_bpf();
	return cmocka_run_group_tests_name("flight", tests, NULL, NULL);
}
