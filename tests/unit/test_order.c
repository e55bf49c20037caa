// SPDX-License-Identifier: GPL-2.0-only
/* Events of several CPUs come out in the order of their time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <stdlib.h>

#include "core/event.h"

struct seen {
	uint64_t last;
	uint32_t last_prod;
	size_t n, backwards;
	int ret;
};

static int take(void *ctx, const struct atcq_event *ev)
{
	struct seen *s = ctx;

	s->backwards += ev->time_ns < s->last;
	s->last = ev->time_ns;
	s->last_prod = ev->prod;
	s->n++;
	return s->ret;
}

static int push(struct order *o, uint64_t time_ns, uint32_t prod)
{
	struct atcq_event ev = { .time_ns = time_ns, .prod = prod };

	return order__push(o, &ev);
}

static void test_exchanged(void **state)
{
	struct seen s = { 0 };
	struct order *o = order__new(take, &s);

	(void)state;
	/* Each within the window of the newest, in a different order each time */
	for (uint64_t i = 0; i < 100000; i++)
		push(o, 1000000000 + (i ^ 0x1f) * 1000, i);
	order__until(o, UINT64_MAX);
	assert_int_equal(s.n, 100000);
	assert_int_equal(s.backwards, 0);
	assert_int_equal(order__late(o), 0);
	assert_int_equal(order__waiting(o), 0);
	order__free(o);
}

static void test_window(void **state)
{
	struct seen s = { 0 };
	struct order *o = order__new(take, &s);

	(void)state;
	push(o, 100 * ORDER_WINDOW_NS, 0);
	assert_int_equal(s.n, 0);
	push(o, 101 * ORDER_WINDOW_NS, 1);
	assert_int_equal(s.n, 1);
	/* Too late to be put in order: counted, not kept */
	push(o, 99 * ORDER_WINDOW_NS, 2);
	assert_int_equal(s.n, 2);
	assert_int_equal(s.last_prod, 2);
	assert_int_equal(order__late(o), 1);
	order__until(o, 101 * ORDER_WINDOW_NS - 1);
	assert_int_equal(s.n, 2);
	order__until(o, 101 * ORDER_WINDOW_NS);
	assert_int_equal(s.n, 3);
	order__free(o);
}

static void test_bounded(void **state)
{
	struct seen s = { 0 };
	struct order *o = order__new(take, &s);

	(void)state;
	for (uint64_t i = 0; i < ORDER_EVENTS; i++)
		push(o, 1000 + i, i);
	assert_int_equal(s.n, 0);
	push(o, 999, 7);	/* the oldest, and no room: goes straight through */
	assert_int_equal(s.n, 1);
	assert_int_equal(s.last_prod, 7);
	push(o, 100000, 8);
	assert_int_equal(s.n, 2);
	assert_int_equal(s.last, 1000);
	order__until(o, UINT64_MAX);
	assert_int_equal(s.n, ORDER_EVENTS + 2);
	assert_int_equal(s.backwards, 0);
	order__free(o);
}

static void test_same_time_and_stop(void **state)
{
	struct seen s = { 0 };
	struct order *o = order__new(take, &s);

	(void)state;
	for (uint32_t i = 0; i < 10; i++)
		push(o, 5000, i);
	s.ret = -ECANCELED;
	assert_int_equal(order__until(o, UINT64_MAX), -ECANCELED);
	assert_int_equal(s.n, 1);
	assert_int_equal(s.last_prod, 0);
	s.ret = 0;
	order__until(o, UINT64_MAX);
	assert_int_equal(s.last_prod, 9);
	order__free(o);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_exchanged), cmocka_unit_test(test_window),
		cmocka_unit_test(test_bounded), cmocka_unit_test(test_same_time_and_stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
