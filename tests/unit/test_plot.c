// SPDX-License-Identifier: GPL-2.0-only
/* Axes, distribution functions, time buckets and spans of incidents. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/incident.h"
#include "report/html.h"
#include "report/report.h"

/* An axis has whole decades around its values, and every value its place. */
static void test_log_axis(void **state)
{
	struct log_axis a = log_axis__around(1500, 2000000);

	(void)state;
	assert_int_equal(a.lo, 3);
	assert_int_equal(a.hi, 7);
	assert_true(log_axis__at(&a, 1000) < 1e-9);
	assert_true(log_axis__at(&a, 10000) > 0.2499 && log_axis__at(&a, 10000) < 0.2501);
	assert_true(log_axis__at(&a, 0) < 1e-9);
	assert_true(log_axis__at(&a, UINT64_MAX) > 1 - 1e-9);
	a = log_axis__around(1000, 1000);
	assert_int_equal(a.hi - a.lo, 1);
	a = log_axis__around(0, 0);
	assert_true(a.lo == 0 && a.hi == 1);
}

/* Ticks are round, and not more than there is room for, from 1 ns to years. */
static void test_time_axis(void **state)
{
	char text[32];

	(void)state;
	for (uint64_t span = 1; span < UINT64_MAX / 8; span += span / 3 + 1) {
		uint64_t step = time_axis__step(span, 8);

		assert_true(step > 0 && span / step <= 8);
	}
	assert_int_equal(time_axis__step(60000000000ull, 8), 10000000000ull);
	assert_int_equal(time_axis__step(3600000000000ull, 8), 600000000000ull);
	format_tick(0, text, sizeof(text));
	assert_string_equal(text, "0");
	format_tick(1500000000, text, sizeof(text));
	assert_string_equal(text, "1500 ms");
	format_tick(600000000000ull, text, sizeof(text));
	assert_string_equal(text, "10 min");
}

/* Each value has the number of samples that do not exceed it, equal ones once. */
static void test_cdf(void **state)
{
	static const uint64_t values[] = { 7, 3, 3, 9, 3 };
	struct samples s = { 0 };
	struct cdf_point p[8];

	(void)state;
	assert_int_equal(cdf__points(&s, p, 8), 0);
	for (int i = 0; i < 5; i++)
		assert_int_equal(samples__add(&s, values[i]), 0);
	assert_int_equal(cdf__points(&s, p, 8), 3);
	assert_true(p[0].value == 3 && p[0].rank == 3);
	assert_true(p[1].value == 7 && p[1].rank == 4);
	assert_true(p[2].value == 9 && p[2].rank == 5);
	samples__free(&s);
}

/* Thinned out, ranks stay exact, both ends are there, and no point too many. */
static void test_cdf_thinned(void **state)
{
	struct samples s = { 0 };
	struct cdf_point p[10];
	size_t n;

	(void)state;
	for (uint64_t v = 1000; v >= 1; v--)
		assert_int_equal(samples__add(&s, v * 10), 0);
	n = cdf__points(&s, p, 10);
	assert_int_equal(n, 10);
	assert_int_equal(p[0].value, 10);
	assert_int_equal(p[9].value, 10000);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(p[i].rank * 10, p[i].value);
	samples__free(&s);
}

static void count(struct atcq_hist *h, uint64_t ns)
{
	h->bucket[atcq_hist_index(ns)]++;
	h->count++;
}

/* However long it goes on: bounded, without a gap, and nothing is lost in merging. */
static void test_slices_merge(void **state)
{
	struct time_buckets *s = malloc(sizeof(*s));
	struct atcq_hist *h = calloc(1, sizeof(*h));
	uint64_t now = 5000, sum = 0, rows = 0;
	unsigned int added = 0;

	(void)state;
	assert_non_null(s);
	assert_non_null(h);
	time_buckets__start(s, 3, now, h);
	for (unsigned int i = 0; i < 20000; i++) {
		now += TIME_BUCKET_FIRST_NS / 2;
		count(h, 1000 + i * 17);
		h->failed += i % 100 == 0;
		if (time_buckets__due(s, now)) {
			time_buckets__add(s, now, h);
			added++;
		}
	}
	time_buckets__add(s, now + 1, h);
	assert_true(added > TIME_BUCKETS_MAX);
	assert_true(s->n <= TIME_BUCKETS_MAX && s->n >= TIME_BUCKETS_MAX / 2);
	assert_int_equal(s->v[0].start_ns, 5000);
	assert_int_equal(s->v[s->n - 1].end_ns, now + 1);
	for (size_t i = 0; i < s->n; i++) {
		sum += s->v[i].count;
		for (unsigned int row = 0; row < TIME_BUCKET_ROWS; row++)
			rows += s->v[i].row[row];
		if (i)
			assert_int_equal(s->v[i].start_ns, s->v[i - 1].end_ns);
	}
	assert_int_equal(sum, 20000);
	assert_int_equal(rows, 20000);
	free(h);
	free(s);
}

/* What was counted before is not counted again, and counters that jitter never go below 0. */
static void test_slices_differ(void **state)
{
	struct time_buckets *s = malloc(sizeof(*s));
	struct atcq_hist *h = calloc(1, sizeof(*h));

	(void)state;
	assert_non_null(s);
	assert_non_null(h);
	count(h, 1000);
	time_buckets__start(s, 0, 100, h);
	count(h, 1000);
	time_buckets__add(s, 200, h);
	assert_int_equal(s->v[0].count, 1);
	h->bucket[atcq_hist_index(1000)]--;
	time_buckets__add(s, 300, h);
	assert_int_equal(s->v[1].row[atcq_hist_index(1000) / HIST_BUCKETS_PER_ROW], 0);
	time_buckets__add(s, 300, h);
	assert_int_equal(s->n, 2);
	free(h);
	free(s);
}

static struct incident whole(void)
{
	struct incident inc = { .state = INCIDENT_RECOVERED, .closed = true };

	for (int p = 0; p < PHASE_MAX; p++)
		inc.phase_ns[p] = 1000 + 100 * p;
	inc.closed_ns = inc.phase_ns[PHASE_RECOVERED];
	return inc;
}

/* A whole incident has each kind once; a missing stamp makes a gap, not a wrong phase. */
static void test_spans(void **state)
{
	struct incident inc = whole();
	struct span s[PHASE_MAX];

	(void)state;
	assert_int_equal(incident__spans(&inc, 9000, s), SPAN_MAX);
	for (int k = 0; k < SPAN_MAX; k++) {
		assert_int_equal(s[k].kind, k);
		assert_false(s[k].gap || s[k].open);
	}
	assert_int_equal(incident__end(&inc, 9000), 1700);
	inc.phase_ns[PHASE_DETECTED] = 0;
	assert_int_equal(incident__spans(&inc, 9000, s), SPAN_MAX - 1);
	assert_int_equal(s[1].kind, SPAN_TELLING);
	assert_true(s[1].gap);
	assert_int_equal(s[1].end_ns, inc.phase_ns[PHASE_BLOCKED]);
	/* Before what came earlier: left out */
	inc.phase_ns[PHASE_FENCED] = 5;
	assert_int_equal(incident__spans(&inc, 9000, s), SPAN_MAX - 2);
}

/* What is open goes on to the end, and says in what it is. */
static void test_open_spans(void **state)
{
	struct incident inc = whole();
	struct span s[PHASE_MAX];

	(void)state;
	inc.closed = false;
	inc.closed_ns = 0;
	inc.phase_ns[PHASE_RECOVERED] = 0;
	inc.state = INCIDENT_RESET_FAILED;
	assert_int_equal(incident__spans(&inc, 9000, s), SPAN_MAX);
	assert_int_equal(s[SPAN_MAX - 1].kind, SPAN_WAITING);
	assert_true(s[SPAN_MAX - 1].open);
	assert_int_equal(s[SPAN_MAX - 1].end_ns, 9000);
	memset(inc.phase_ns, 0, sizeof(inc.phase_ns));
	inc.phase_ns[PHASE_RAISED] = 1000;
	inc.state = INCIDENT_TIMED_OUT;
	assert_int_equal(incident__spans(&inc, 9000, s), 1);
	assert_int_equal(s[0].kind, SPAN_UNANSWERED);
	assert_true(span__exposed(s[0].kind));
	inc.phase_ns[PHASE_RAISED] = 0;
	inc.opened_ns = 2000;
	assert_int_equal(incident__spans(&inc, 9000, s), 1);
	assert_int_equal(s[0].start_ns, 2000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_log_axis), cmocka_unit_test(test_time_axis),
		cmocka_unit_test(test_cdf), cmocka_unit_test(test_cdf_thinned),
		cmocka_unit_test(test_slices_merge), cmocka_unit_test(test_slices_differ),
		cmocka_unit_test(test_spans), cmocka_unit_test(test_open_spans),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
