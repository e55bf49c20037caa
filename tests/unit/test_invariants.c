// SPDX-License-Identifier: GPL-2.0-only
/* What has to be silent, and in which order: each invariant held and violated. */
#include "story.h"

static void test_all_held(void **state)
{
	struct story *s = *state;

	incident(s, A);
	timeout(s, 16, 1, 500, A, B);		/* two suspects, A does not answer again */
	timeout(s, 18, 1, 500, A, 0);
	block(s, A, 0);
	fence(s, A);
	reset(s, A, -25);
	reset(s, A, 0);
	recover(s, A);
	verdict(s, INV_MAX);
	for (int i = 0; i < INV_MAX; i++)
		assert_int_equal(invariants__verdict(s->c, i), VERDICT_HELD);
}

static void test_nothing_happened(void **state)
{
	struct story *s = *state;

	verdict(s, INV_MAX);
	for (int i = 0; i < INV_MAX; i++)
		assert_int_equal(invariants__verdict(s->c, i), VERDICT_NO_OCCASION);
}

static void test_fenced_in_flight(void **state)
{
	struct story *s = *state;

	timeout(s, 8, 0, 500, A, 0);
	block(s, A, 0);
	fence(s, A);
	timeout(s, 10, 1, 50000, A, 0);		/* issued long before */
	reset(s, A, 0);
	recover(s, A);
	verdict(s, INV_MAX);
}

static void test_fenced_sent(void **state)
{
	struct story *s = *state;

	timeout(s, 8, 0, 500, A, 0);
	block(s, A, 0);
	fence(s, A);
	s->now += 1000000;
	timeout(s, 10, 1, 500, A, 0);
	timeout(s, 12, 1, 500, A, 0);		/* told once */
	reset(s, A, 0);
	recover(s, A);
	verdict(s, INV_FENCED_SILENT);
	assert_int_equal(s->last.bdf, A);
	assert_non_null(strstr(s->last.text, "0000:02:00.0: an ATC_INV was issued"));
}

/* During its reset a device is as good as fenced, and is not any more when it ends */
static void test_fenced_by_reset(void **state)
{
	struct story *s = *state;

	core_event(s, ATCQ_EV_DEVICE_BLOCKED, A, ATCQ_BLOCKED_RESETTING, 0);
	reset(s, A, 0);
	timeout(s, 8, 0, 500, A, 0);		/* while it is attached again */
	block(s, A, 0);
	core_event(s, ATCQ_EV_DEVICE_UNBLOCKED, A, ATCQ_BLOCKED_RESETTING, 0);
	fence(s, A);
	reset(s, A, 0);
	recover(s, A);
	verdict(s, INV_MAX);
}

static void blocked_and_sent(struct story *s, unsigned int times)
{
	timeout(s, 8, 0, 500, A, 0);
	block(s, A, 0);
	s->now += 1000000;
	for (unsigned int i = 0; i < times; i++)
		timeout(s, 10 + 2 * i, i & 1, 500, A, 0);
	fence(s, A);
	reset(s, A, 0);
	recover(s, A);
}

static void test_blocked_one_a_cpu(void **state)
{
	struct story *s = *state;

	blocked_and_sent(s, 2);
	verdict(s, INV_MAX);
}

static void test_blocked_sent(void **state)
{
	struct story *s = *state;

	blocked_and_sent(s, 3);
	verdict(s, INV_BLOCKED_SILENT);
}

static void test_never_blocked(void **state)
{
	struct story *s = *state;

	timeout(s, 8, 0, 500, A, 0);
	core_event(s, ATCQ_EV_DEVICE_BLOCKED, A, ATCQ_BLOCKED_RESETTING, 0);
	reset(s, A, 0);
	core_event(s, ATCQ_EV_DEVICE_UNBLOCKED, A, ATCQ_BLOCKED_RESETTING, 0);
	verdict(s, INV_ATS_OFF_FIRST);
}

static void test_blocked_too_late(void **state)
{
	struct story *s = *state;

	for (int i = 0; i < 3; i++)
		timeout(s, 8 + i, i & 1, 500, A, 0);
	block(s, A, 0);
	fence(s, A);
	reset(s, A, 0);
	recover(s, A);
	verdict(s, INV_ATS_OFF_FIRST);
}

static void test_reported_before_blocked(void **state)
{
	struct story *s = *state;

	timeout(s, 8, 0, 500, A, 0);
	core_event(s, ATCQ_EV_DEVICE_BROKEN, A, 0, 0);
	stream_event(s, ATCQ_EV_ATS_BLOCKED, A, ATCQ_NONE, 0, 0);
	fence(s, A);
	reset(s, A, 0);
	recover(s, A);
	verdict(s, INV_ATS_OFF_FIRST);
}

/* The reset of another thread ends between the block and its report */
static void test_report_meets_reset(void **state)
{
	struct story *s = *state;

	core_event(s, ATCQ_EV_DEVICE_BLOCKED, A, ATCQ_BLOCKED_RESETTING, 0);
	timeout(s, 8, 0, 900000, A, 0);
	stream_event(s, ATCQ_EV_ATS_BLOCKED, A, ATCQ_NONE, 0, 0);
	reset(s, A, 0);
	core_event(s, ATCQ_EV_DEVICE_BROKEN, A, 0, 0);
	recover(s, A);
	verdict(s, INV_MAX);
}

static void test_issuer_told(void **state)
{
	struct story *s = *state;

	incident(s, A);
	incident(s, A);		/* the same position, after the queue wrapped */
	verdict(s, INV_MAX);
	assert_int_equal(invariants__checked(s->c, INV_ISSUER_TOLD), 2);
}

static void test_issuer_never_told(void **state)
{
	struct story *s = *state;

	smmu_event(s, ATCQ_EV_CMDQ_ERROR, 9, 0, 0, 0, 1);
	verdict(s, INV_ISSUER_TOLD);
}

/* A fault point fires for a CMD_SYNC that the hardware had an error for */
static void test_issuer_told_twice(void **state)
{
	struct story *s = *state;

	smmu_event(s, ATCQ_EV_CMDQ_ERROR, 8, 0, 0, 0, 1);
	event(s, (struct atcq_event) { .type = ATCQ_EV_CMDQ_ERROR, .prod = 8, .sid = ATCQ_NONE,
				       .bdf = ATCQ_NONE, .code = ATCQ_CERROR_ATC_INV_SYNC,
				       .source = ATCQ_RAISED_INJECTED });
	smmu_event(s, ATCQ_EV_CMD_SYNC, 8, -5, 1, 10, 0);
	verdict(s, INV_MAX);
}

/* The poll gave up, the error comes later: documented */
static void test_issuer_gave_up(void **state)
{
	struct story *s = *state;

	smmu_event(s, ATCQ_EV_CMD_SYNC, 9, -110, 1, 1000, 0);
	block(s, A, -110);
	smmu_event(s, ATCQ_EV_CMDQ_ERROR, 9, 0, 0, 0, 1);
	fence(s, A);
	reset(s, A, 0);
	recover(s, A);
	verdict(s, INV_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_all_held), T(test_nothing_happened), T(test_fenced_in_flight),
		T(test_fenced_sent), T(test_fenced_by_reset), T(test_blocked_one_a_cpu),
		T(test_blocked_sent), T(test_never_blocked), T(test_blocked_too_late),
		T(test_reported_before_blocked), T(test_report_meets_reset), T(test_issuer_told),
		T(test_issuer_never_told), T(test_issuer_told_twice), T(test_issuer_gave_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
