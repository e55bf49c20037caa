// SPDX-License-Identifier: GPL-2.0-only
/* Resets, innocents, recovery, ends, and what got lost: each invariant held and violated. */
#include "story.h"

static void test_failed_reset_lifts(void **state)
{
	struct story *s = *state;

	timeout(s, 8, 0, 500, A, 0);
	block(s, A, 0);
	fence(s, A);
	reset(s, A, -25);
	core_event(s, ATCQ_EV_DEVICE_UNBLOCKED, A, ATCQ_BLOCKED_BROKEN, 0);
	verdict(s, INV_RESET_LIFTS);
	assert_non_null(strstr(s->last.text, "after a reset that failed"));
}

static void test_ats_restored_by_nobody(void **state)
{
	struct story *s = *state;

	timeout(s, 8, 0, 500, A, 0);
	block(s, A, 0);
	fence(s, A);
	stream_event(s, ATCQ_EV_ATS_RESTORED, A, ATCQ_NONE, 0, 0);
	reset(s, A, 0);
	recover(s, A);
	verdict(s, INV_RESET_LIFTS);
}

static void test_innocent_blocked(void **state)
{
	struct story *s = *state;

	timeout(s, 8, 0, 500, A, B);
	timeout(s, 10, 0, 500, A, 0);
	block(s, A, 0);
	block(s, B, 0);
	for (int i = 0; i < 2; i++) {
		fence(s, i ? B : A);
		reset(s, i ? B : A, 0);
		recover(s, i ? B : A);
	}
	verdict(s, INV_INNOCENT_SPARED);
	assert_int_equal(s->last.bdf, B);
}

static void test_innocent_given_up(void **state)
{
	struct story *s = *state;

	smmu_event(s, ATCQ_EV_CMD_SYNC, 8, -110, 2, 1000, 0);
	block(s, A, -110);
	block(s, B, -110);
	for (int i = 0; i < 2; i++) {
		fence(s, i ? B : A);
		reset(s, i ? B : A, 0);
		recover(s, i ? B : A);
	}
	verdict(s, INV_MAX);
}

/* A report from before a good reset is about the past */
static void test_fenced_by_old_report(void **state)
{
	struct story *s = *state;

	timeout(s, 8, 0, 500, A, 0);
	block(s, A, 0);
	reset(s, A, 0);
	recover(s, A);
	fence(s, A);
	reset(s, A, 0);
	recover(s, A);
	verdict(s, INV_INNOCENT_SPARED);
	assert_non_null(strstr(s->last.text, "not reported broken"));
}

/* A suspect that a fault point makes guilty */
static void test_guilty_by_fault(void **state)
{
	struct story *s = *state;

	timeout(s, 8, 0, 500, A, B);
	event(s, (struct atcq_event) { .type = ATCQ_EV_FAULT_FIRED, .code = ATCQ_FAULT_RETRY_TIMEOUT,
				       .sid = B, .bdf = B });
	block(s, B, 0);
	fence(s, B);
	reset(s, B, 0);
	recover(s, B);
	verdict(s, INV_MAX);
}

static void suppress(struct story *s, uint32_t dev, unsigned int times)
{
	while (times--)
		stream_event(s, ATCQ_EV_ATC_SUPPRESSED, dev, ATCQ_NONE, 0, 0);
}

static void test_suppressed_while_blocked(void **state)
{
	struct story *s = *state;

	timeout(s, 8, 0, 500, A, 0);
	block(s, A, 0);
	suppress(s, A, 100);
	fence(s, A);
	reset(s, A, 0);
	recover(s, A);
	suppress(s, A, 2);		/* under way */
	verdict(s, INV_MAX);
}

static void test_suppressed_after_recovery(void **state)
{
	struct story *s = *state;

	incident(s, A);
	suppress(s, A, 5);
	verdict(s, INV_RECOVERED_HEARD);
}

static void test_incident_open(void **state)
{
	struct story *s = *state;

	timeout(s, 8, 0, 500, A, 0);
	block(s, A, 0);
	fence(s, A);
	verdict(s, INV_INCIDENT_ENDS);
	assert_non_null(strstr(s->last.text, "0000:02:00.0: is still fenced"));
}

static void test_incident_reset_failed(void **state)
{
	struct story *s = *state;

	timeout(s, 8, 0, 500, A, 0);
	block(s, A, 0);
	fence(s, A);
	reset(s, A, -110);
	verdict(s, INV_MAX);
	assert_int_equal(invariants__verdict(s->c, INV_INCIDENT_ENDS), VERDICT_HELD);
}

static void test_incident_removed(void **state)
{
	struct story *s = *state;

	timeout(s, 8, 0, 500, A, 0);
	block(s, A, 0);
	core_event(s, ATCQ_EV_DEVICE_RELEASED, A, 0, 0);
	verdict(s, INV_MAX);
	assert_int_equal(invariants__verdict(s->c, INV_INCIDENT_ENDS), VERDICT_HELD);
}

static void test_errors_unbounded(void **state)
{
	struct story *s = *state;

	timeout(s, 8, 0, 500, A, 0);
	block(s, A, 0);
	s->now += 1000000;
	/* Issued before the block, so that only their number is wrong */
	for (int i = 0; i < 4; i++)
		timeout(s, 10 + 2 * i, i & 1, 5000000, A, 0);
	fence(s, A);
	reset(s, A, 0);
	recover(s, A);
	verdict(s, INV_ERRORS_BOUNDED);
}

/* What is missing is never held against the kernel */
static void test_lost(void **state)
{
	struct story *s = *state;

	timeout(s, 8, 0, 500, A, 0);
	invariants__settle(s->c, 0);
	s->lost = 3;
	fence(s, A);			/* its block was lost */
	core_event(s, ATCQ_EV_DEVICE_UNBLOCKED, A, ATCQ_BLOCKED_BROKEN, 0);
	verdict(s, INV_MAX);
	for (int i = 0; i < INV_MAX; i++)
		assert_int_equal(invariants__verdict(s->c, i), VERDICT_NOT_CHECKED);
}

static void test_lost_after_violation(void **state)
{
	struct story *s = *state;

	timeout(s, 8, 0, 500, A, 0);
	block(s, A, 0);
	fence(s, A);
	core_event(s, ATCQ_EV_DEVICE_UNBLOCKED, A, ATCQ_BLOCKED_BROKEN, 0);
	invariants__settle(s->c, 0);
	s->lost = 1;
	verdict(s, INV_RESET_LIFTS);
	assert_int_equal(invariants__verdict(s->c, INV_FENCED_SILENT), VERDICT_NOT_CHECKED);
}

/* What was blocked before anybody watched, and what was never told of */
static void test_unknown_past(void **state)
{
	struct story *s = *state;

	invariants__seed(s->c, 0, 0x400, 0, 0x400, ATCQ_BLOCKED_BROKEN, false, 1);
	core_event(s, ATCQ_EV_DEVICE_UNBLOCKED, 0x400, ATCQ_BLOCKED_BROKEN, 0);
	block(s, 0x500, 0);
	fence(s, 0x500);
	core_event(s, ATCQ_EV_DEVICE_UNBLOCKED, 0x500, ATCQ_BLOCKED_BROKEN, 0);
	verdict(s, INV_MAX);
}

static void test_names(void **state)
{
	(void)state;
	for (int i = 0; i < INV_MAX; i++) {
		assert_non_null(invariant__name(i));
		assert_non_null(invariant__about(i));
	}
	for (int v = VERDICT_HELD; v <= VERDICT_NOT_CHECKED; v++)
		assert_non_null(invariant_verdict__name(v));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_failed_reset_lifts), T(test_ats_restored_by_nobody), T(test_innocent_blocked),
		T(test_innocent_given_up), T(test_fenced_by_old_report), T(test_guilty_by_fault),
		T(test_suppressed_while_blocked), T(test_suppressed_after_recovery),
		T(test_incident_open), T(test_incident_reset_failed), T(test_incident_removed),
		T(test_errors_unbounded), T(test_lost), T(test_lost_after_violation),
		T(test_unknown_past), T(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
