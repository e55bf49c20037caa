// SPDX-License-Identifier: GPL-2.0-only
/* Each invariant held and violated, by streams of events as kernels send them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <atcq/fault.h>

#include "core/invariants.h"

#define A	0x0200		/* address and Stream ID of a device */
#define B	0x0300

struct story {
	struct invariants *c;
	struct violation last;
	unsigned int told[INV_MAX], ntold;
	uint64_t now, lost;
};

static void on_violation(void *ctx, const struct violation *v)
{
	struct story *s = ctx;

	s->last = *v;
	s->told[v->which]++;
	s->ntold++;
}

static int begin(void **state)
{
	const struct invariant_limits limits = { .cpus = 2, .domains = 1 };
	struct story *s = calloc(1, sizeof(*s));

	s->c = invariants__new(&limits, on_violation, s);
	s->now = 1000000;
	invariants__seed(s->c, 0, A, 0, A, ATCQ_BLOCKED_NO, true, 1);
	invariants__seed(s->c, 0, B, 0, B, ATCQ_BLOCKED_NO, true, 1);
	*state = s;
	return 0;
}

static int end(void **state)
{
	struct story *s = *state;

	invariants__free(s->c);
	free(s);
	return 0;
}

static void event(struct story *s, struct atcq_event ev)
{
	s->now += 1000;
	ev.version = ATCQ_EVENT_VERSION;
	ev.size = sizeof(ev);
	ev.time_ns = s->now;
	ev.count = 1;
	invariants__event(s->c, &ev);
}

static void smmu_event(struct story *s, uint16_t type, uint32_t prod, int ret, uint32_t natc,
		       uint64_t duration, uint32_t cpu)
{
	event(s, (struct atcq_event) {
		.type = type, .sid = ATCQ_NONE, .segment = ATCQ_NONE, .bdf = ATCQ_NONE, .prod = prod,
		.code = ATCQ_CERROR_ATC_INV_SYNC, .ret = ret, .natc = natc, .ncmds = natc,
		.duration_ns = duration, .cpu = cpu,
	});
}

static void stream_event(struct story *s, uint16_t type, uint32_t dev, uint32_t prod, int ret, uint32_t cpu)
{
	event(s, (struct atcq_event) { .type = type, .sid = dev, .bdf = dev, .prod = prod, .ret = ret,
				       .cpu = cpu });
}

static void core_event(struct story *s, uint16_t type, uint32_t dev, uint32_t code, int ret)
{
	event(s, (struct atcq_event) { .type = type, .smmu = ATCQ_NONE, .sid = ATCQ_NONE, .bdf = dev,
				       .prod = ATCQ_NONE, .code = code, .ret = ret });
}

/* A list that timed out on @cpu, @took ns after it was issued, for these devices */
static void timeout(struct story *s, uint32_t prod, uint32_t cpu, uint64_t took, uint32_t dev, uint32_t dev2)
{
	smmu_event(s, ATCQ_EV_CMDQ_ERROR, prod, 0, 0, 0, 1);
	smmu_event(s, ATCQ_EV_CMD_SYNC, prod, -5, dev2 ? 2 : 1, took, cpu);
	stream_event(s, ATCQ_EV_ATC_TIMEOUT, dev, prod, 0, cpu);
	if (dev2)
		stream_event(s, ATCQ_EV_ATC_TIMEOUT, dev2, prod, 0, cpu);
}

static void block(struct story *s, uint32_t dev, int ret)
{
	stream_event(s, ATCQ_EV_ATS_BLOCKED, dev, ATCQ_NONE, ret, 0);
	core_event(s, ATCQ_EV_DEVICE_BROKEN, dev, 0, 0);
}

static void fence(struct story *s, uint32_t dev)
{
	core_event(s, ATCQ_EV_DEVICE_BLOCKED, dev, ATCQ_BLOCKED_BROKEN, 0);
}

static void reset(struct story *s, uint32_t dev, int ret)
{
	core_event(s, ATCQ_EV_RESET_PREPARE, dev, 0, 0);
	core_event(s, ATCQ_EV_RESET_DONE, dev, 0, ret);
}

static void recover(struct story *s, uint32_t dev)
{
	stream_event(s, ATCQ_EV_ATS_RESTORED, dev, ATCQ_NONE, 0, 0);
	core_event(s, ATCQ_EV_DEVICE_UNBLOCKED, dev, ATCQ_BLOCKED_BROKEN, 0);
}

/* The end: @which was violated, NULL-like INV_MAX: nothing was */
static void verdict(struct story *s, enum invariant which)
{
	invariants__finish(s->c, s->now, s->lost);
	for (int i = 0; i < INV_MAX; i++) {
		if (s->told[i] && i != (int)which)
			print_error("%s: %s\n", invariant__name(i), s->last.text);
		assert_int_equal(s->told[i], i == (int)which);
		assert_int_equal(invariants__violated(s->c, i), i == (int)which);
		if (i == (int)which)
			assert_int_equal(invariants__verdict(s->c, i), VERDICT_VIOLATED);
		else
			assert_int_not_equal(invariants__verdict(s->c, i), VERDICT_VIOLATED);
	}
}

static void incident(struct story *s, uint32_t dev)
{
	timeout(s, 8, 0, 500, dev, 0);
	block(s, dev, 0);
	fence(s, dev);
	reset(s, dev, 0);
	recover(s, dev);
}

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
		assert_int_equal(invariants__verdict(s->c, i), VERDICT_NOT_JUDGED);
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
	assert_int_equal(invariants__verdict(s->c, INV_FENCED_SILENT), VERDICT_NOT_JUDGED);
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
	for (int v = VERDICT_HELD; v <= VERDICT_NOT_JUDGED; v++)
		assert_non_null(invariant_verdict__name(v));
}

#define T(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_all_held), T(test_nothing_happened), T(test_fenced_in_flight),
		T(test_fenced_sent), T(test_fenced_by_reset), T(test_blocked_one_a_cpu),
		T(test_blocked_sent), T(test_never_blocked), T(test_blocked_too_late),
		T(test_reported_before_blocked), T(test_report_meets_reset),
		T(test_issuer_told), T(test_issuer_never_told), T(test_issuer_gave_up), T(test_issuer_told_twice),
		T(test_failed_reset_lifts), T(test_ats_restored_by_nobody),
		T(test_innocent_blocked), T(test_innocent_given_up), T(test_guilty_by_fault),
		T(test_fenced_by_old_report),
		T(test_suppressed_while_blocked), T(test_suppressed_after_recovery),
		T(test_incident_open), T(test_incident_reset_failed), T(test_incident_removed),
		T(test_errors_unbounded), T(test_lost), T(test_lost_after_violation),
		T(test_unknown_past), T(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
