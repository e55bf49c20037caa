// SPDX-License-Identifier: GPL-2.0-only
/* The incident tracker, fed with streams of events as kernels send them. */
#include "events.h"

static uint64_t latency(const struct incident *inc, enum latency which)
{
	uint64_t ns;

	assert_true(incident__latency(inc, which, &ns));
	return ns;
}

/* What was lost may be another incident: nothing is measured across it */
static void test_gap(void **state)
{
	struct seen s = { 0 };
	struct tracker *t = tracker__new(on_phase, &s);
	struct atcq_event lost = event(ATCQ_EV_LOST, 40000);
	uint64_t ns;

	(void)state;
	fault(t, 10000, 0x30, BDF_A);
	raised(t, 39000, 0x40, ATCQ_RAISED_IRQ);
	lost.duration_ns = 5000;
	tracker__event(t, &lost);
	timed_out(t, 41000, 0x40, BDF_B);
	reset(t, 50000, BDF_A, 0);
	reset(t, 60000, BDF_B, 0);
	assert_int_equal(s.nclosed, 2);
	assert_true(s.closed[0].incomplete);
	assert_int_equal(latency(&s.closed[0], LAT_QUARANTINE), 300);
	assert_int_equal(latency(&s.closed[0], LAT_RESET), 1000);
	assert_false(incident__latency(&s.closed[0], LAT_RECOVERY, &ns));
	/* An error from before the gap is not taken for this one's */
	assert_true(s.closed[1].incomplete);
	assert_int_equal(s.closed[1].phase_ns[PHASE_RAISED], 0);
	tracker__free(t);
}

/* The whole story in order: every stamp, every latency, one incident. */
static void test_in_order(void **state)
{
	struct seen s = { 0 };
	struct tracker *t = tracker__new(on_phase, &s);

	(void)state;
	fault(t, 10000, 0x30, BDF_A);
	assert_int_equal(tracker__open_count(t), 1);
	assert_int_equal(tracker__open_at(t, 0)->state, INCIDENT_FENCED);
	reset(t, 50000, BDF_A, 0);
	assert_int_equal(tracker__open_count(t), 0);
	assert_int_equal(s.nclosed, 1);
	for (int p = 0; p < PHASE_MAX; p++)
		assert_int_equal(s.phases[p], 1);
	assert_false(s.closed[0].incomplete);
	assert_false(s.closed[0].injected);
	assert_int_equal(s.closed[0].state, INCIDENT_RECOVERED);
	assert_int_equal(s.closed[0].cmdq_errors, 1);
	assert_int_equal(latency(&s.closed[0], LAT_DETECTION), 1110);
	assert_int_equal(latency(&s.closed[0], LAT_QUARANTINE), 300);
	assert_int_equal(latency(&s.closed[0], LAT_EXPOSURE), 1300);
	assert_int_equal(latency(&s.closed[0], LAT_FENCE), 5000);
	assert_int_equal(latency(&s.closed[0], LAT_RESET), 1000);
	assert_int_equal(latency(&s.closed[0], LAT_RECOVERY), 41100);
	tracker__free(t);
}

/* The device is named before the error and the CMD_SYNC arrive: they still join. */
static void test_out_of_order(void **state)
{
	struct seen s = { 0 };
	struct tracker *t = tracker__new(on_phase, &s);

	(void)state;
	timed_out(t, 10110, 0x30, BDF_A);
	synced(t, 10100, 0x30, 1100);
	raised(t, 10000, 0x30, ATCQ_RAISED_ISSUER);
	device(t, ATCQ_EV_ATS_BLOCKED, 10300, BDF_A, 0, 0);
	reset(t, 50000, BDF_A, 0);
	assert_int_equal(s.nclosed, 1);
	assert_false(s.closed[0].incomplete);
	assert_int_equal(latency(&s.closed[0], LAT_QUARANTINE), 300);
	assert_int_equal(latency(&s.closed[0], LAT_EXPOSURE), 1300);
	tracker__free(t);
}

/* A list names all of its devices: that one does not answer alone either makes one incident */
static void test_innocents(void **state)
{
	struct seen s = { 0 };
	struct tracker *t = tracker__new(on_phase, &s);

	(void)state;
	raised(t, 10000, 0x30, ATCQ_RAISED_IRQ);
	synced(t, 10100, 0x30, 1100);
	timed_out(t, 10110, 0x30, BDF_A);
	timed_out(t, 10111, 0x30, BDF_B);
	device(t, ATCQ_EV_ATC_ANSWERED, 10200, BDF_A, 0, 0);
	raised(t, 20000, 0x32, ATCQ_RAISED_IRQ);
	synced(t, 20100, 0x32, 1100);
	timed_out(t, 20110, 0x32, BDF_B);
	device(t, ATCQ_EV_ATS_BLOCKED, 20300, BDF_B, 0, 0);
	assert_int_equal(tracker__totals(t)->incidents, 1);
	assert_int_equal(tracker__totals(t)->cleared, 1);
	assert_int_equal(tracker__totals(t)->cmdq_errors, 2);
	assert_int_equal(tracker__open_count(t), 1);
	assert_int_equal(s.nclosed, 1);
	assert_int_equal(s.closed[0].state, INCIDENT_INNOCENT);
	reset(t, 50000, BDF_B, 0);
	assert_int_equal(s.nclosed, 2);
	assert_false(s.closed[1].incomplete);
	assert_int_equal(s.closed[1].cmdq_errors, 2);
	/* From the list that named both, whoever came first in it */
	assert_int_equal(s.closed[1].phase_ns[PHASE_RAISED], 10000);
	assert_int_equal(s.closed[1].phase_ns[PHASE_ISSUED], 9000);
	/* Who is blocked is not cleared any more */
	timed_out(t, 60000, 0x34, BDF_A);
	device(t, ATCQ_EV_ATS_BLOCKED, 60100, BDF_A, 0, 0);
	device(t, ATCQ_EV_ATC_ANSWERED, 60200, BDF_A, 0, 0);
	assert_int_equal(tracker__open_count(t), 1);
	tracker__free(t);
}

/* Whatever single event is lost, the incident is there, and says it is incomplete. */
static void test_lost_events(void **state)
{
	(void)state;
	for (int lost = 0; lost < 4; lost++) {
		struct seen s = { 0 };
		struct tracker *t = tracker__new(on_phase, &s);
		uint64_t ns;

		if (lost != 0)
			raised(t, 10000, 0x30, ATCQ_RAISED_IRQ);
		if (lost != 1)
			synced(t, 10100, 0x30, 1100);
		if (lost != 2)
			timed_out(t, 10110, 0x30, BDF_A);
		if (lost != 3)
			device(t, ATCQ_EV_ATS_BLOCKED, 10300, BDF_A, 0, 0);
		device(t, ATCQ_EV_DEVICE_BLOCKED, 15000, BDF_A, ATCQ_BLOCKED_BROKEN, 0);
		reset(t, 50000, BDF_A, 0);
		assert_int_equal(s.nclosed, 1);
		assert_true(s.closed[0].incomplete);
		if (lost == 0)
			assert_false(incident__latency(&s.closed[0], LAT_QUARANTINE, &ns));
		if (lost == 3)
			assert_false(incident__latency(&s.closed[0], LAT_EXPOSURE, &ns));
		tracker__free(t);
	}
}

/* Two devices at once, interleaved: two incidents, nothing mixed up. */
static void test_two_devices(void **state)
{
	struct seen s = { 0 };
	struct tracker *t = tracker__new(on_phase, &s);

	(void)state;
	raised(t, 10000, 0x30, ATCQ_RAISED_IRQ);
	raised(t, 10050, 0x34, ATCQ_RAISED_IRQ);
	synced(t, 10150, 0x34, 500);
	timed_out(t, 10160, 0x34, BDF_B);
	synced(t, 10170, 0x30, 1100);
	timed_out(t, 10180, 0x30, BDF_A);
	device(t, ATCQ_EV_ATS_BLOCKED, 10300, BDF_A, 0, 0);
	device(t, ATCQ_EV_ATS_BLOCKED, 10400, BDF_B, 0, 0);
	assert_int_equal(tracker__open_count(t), 2);
	reset(t, 50000, BDF_B, 0);
	reset(t, 60000, BDF_A, 0);
	assert_int_equal(s.nclosed, 2);
	assert_int_equal(s.closed[0].bdf, BDF_B);
	assert_int_equal(latency(&s.closed[0], LAT_QUARANTINE), 350);
	assert_int_equal(latency(&s.closed[1], LAT_QUARANTINE), 300);
	tracker__free(t);
}

/* Time-outs of a device with an open incident belong to that incident. */
static void test_repeated_timeout(void **state)
{
	struct seen s = { 0 };
	struct tracker *t = tracker__new(on_phase, &s);

	(void)state;
	fault(t, 10000, 0x30, BDF_A);
	fault(t, 12000, 0x40, BDF_A);
	assert_int_equal(tracker__open_count(t), 1);
	reset(t, 50000, BDF_A, 0);
	assert_int_equal(s.nclosed, 1);
	assert_int_equal(s.closed[0].atc_timeouts, 2);
	assert_int_equal(s.closed[0].cmdq_errors, 2);
	assert_int_equal(latency(&s.closed[0], LAT_QUARANTINE), 300);
	tracker__free(t);
}

/* A failed reset closes nothing; the good one after it does, with its own times. */
static void test_reset_failed_then_good(void **state)
{
	struct seen s = { 0 };
	struct tracker *t = tracker__new(on_phase, &s);

	(void)state;
	fault(t, 10000, 0x30, BDF_A);
	reset(t, 50000, BDF_A, -25);
	assert_int_equal(tracker__open_count(t), 1);
	assert_int_equal(tracker__open_at(t, 0)->state, INCIDENT_RESET_FAILED);
	reset(t, 90000, BDF_A, 0);
	assert_int_equal(s.nclosed, 1);
	assert_int_equal(s.closed[0].state, INCIDENT_RECOVERED);
	assert_int_equal(s.closed[0].resets_failed, 1);
	assert_int_equal(s.closed[0].phase_ns[PHASE_RESET_BEGIN], 90000);
	assert_int_equal(tracker__totals(t)->resets_ok, 1);
	assert_int_equal(tracker__totals(t)->resets_failed, 1);
	tracker__free(t);
}

/*
 * A device that times out while its domain is attached after a reset is not recovered,
 * though the core lets it out, neither if it was broken before nor if not; the next
 * reset ends its one incident.
 */
static void test_deaf_after_reset(void **state)
{
	static const uint32_t bdf[] = { BDF_A, BDF_B };
	struct seen s = { 0 };
	struct tracker *t = tracker__new(on_phase, &s);

	(void)state;
	fault(t, 10000, 0x30, BDF_A);
	for (int i = 0; i < 2; i++) {
		uint64_t at = 50000 * (i + 1);

		device(t, ATCQ_EV_RESET_PREPARE, at, bdf[i], 0, 0);
		device(t, ATCQ_EV_RESET_DONE, at + 1000, bdf[i], 0, 0);
		timed_out(t, at + 1010, 0x40, bdf[i]);
		device(t, ATCQ_EV_ATS_BLOCKED, at + 1020, bdf[i], 0, 0);
		device(t, ATCQ_EV_DEVICE_UNBLOCKED, at + 1100, bdf[i], ATCQ_BLOCKED_RESETTING, 0);
		device(t, ATCQ_EV_DEVICE_BLOCKED, at + 5000, bdf[i], ATCQ_BLOCKED_BROKEN, 0);
		assert_int_equal(s.nclosed, i);
		assert_int_equal(tracker__open_count(t), 1);
		assert_int_equal(tracker__open_at(t, 0)->state, INCIDENT_FENCED);
		reset(t, at + 20000, bdf[i], 0);
		assert_int_equal(s.nclosed, i + 1);
		assert_int_equal(s.closed[i].phase_ns[PHASE_RESET_BEGIN], at + 20000);
	}
	assert_int_equal(tracker__totals(t)->recovered, 2);
	tracker__free(t);
}

/* A device that is pulled while it is blocked ends its incident as removed. */
static void test_removed(void **state)
{
	struct seen s = { 0 };
	struct tracker *t = tracker__new(on_phase, &s);

	(void)state;
	fault(t, 10000, 0x30, BDF_A);
	device(t, ATCQ_EV_DEVICE_RELEASED, 60000, BDF_A, ATCQ_BLOCKED_BROKEN, 0);
	assert_int_equal(s.nclosed, 1);
	assert_int_equal(s.closed[0].state, INCIDENT_REMOVED);
	device(t, ATCQ_EV_DEVICE_RELEASED, 61000, BDF_B, 0, 0);
	assert_int_equal(s.nclosed, 1);
	tracker__free(t);
}

/* A fault point's error is the same story, but marked as injected. */
static void test_injected(void **state)
{
	struct seen s = { 0 };
	struct tracker *t = tracker__new(on_phase, &s);

	(void)state;
	raised(t, 10000, 0x30, ATCQ_RAISED_INJECTED);
	synced(t, 10100, 0x30, 1100);
	timed_out(t, 10110, 0x30, BDF_A);
	assert_true(tracker__open_at(t, 0)->injected);
	assert_int_equal(tracker__totals(t)->injected, 1);
	tracker__free(t);
}

/* What is blocked at the start is an open, incomplete incident, until it is reset. */
static void test_open_at_start(void **state)
{
	struct seen s = { 0 };
	struct tracker *t = tracker__new(on_phase, &s);

	(void)state;
	tracker__seed(t, 0, SID_A, 0, BDF_A, ATCQ_BLOCKED_BROKEN, 777);
	tracker__seed(t, 0, SID_B, 0, BDF_B, ATCQ_BLOCKED_RESETTING, 888);
	assert_int_equal(tracker__open_count(t), 1);
	assert_true(tracker__open_at(t, 0)->at_start);
	reset(t, 50000, BDF_A, 0);
	assert_int_equal(s.nclosed, 1);
	assert_true(s.closed[0].incomplete);
	assert_int_equal(s.closed[0].phase_ns[PHASE_FENCED], 777);
	tracker__free(t);
}

/* A stock kernel's log gives one open incident, however often the line comes. */
static void test_stock_kernel(void **state)
{
	struct seen s = { 0 };
	struct tracker *t = tracker__new(on_phase, &s);

	(void)state;
	for (int i = 0; i < 20; i++) {
		struct atcq_event ev = event(ATCQ_EV_CMDQ_ERROR, 1000 + i * 100);

		ev.smmu = 0;
		if (i % 4 != 2) {	/* now and then it cannot tell whose */
			ev.sid = SID_A;
			ev.segment = 0;
			ev.bdf = BDF_A;
		}
		ev.prod = i;
		ev.code = ATCQ_CERROR_ATC_INV_SYNC;
		ev.source = ATCQ_RAISED_LOG;
		tracker__event(t, &ev);
	}
	assert_int_equal(tracker__open_count(t), 1);
	assert_int_equal(tracker__open_at(t, 0)->cmdq_errors, 20);
	assert_int_equal(tracker__open_at(t, 0)->phase_ns[PHASE_RAISED], 1000);
	assert_int_equal(tracker__open_at(t, 0)->bdf, BDF_A);
	assert_int_equal(tracker__open_at(t, 0)->state, INCIDENT_TIMED_OUT);
	tracker__free(t);
}

/* 100,000 random events: no impossible number, no incident without a device left open. */
static void test_random(void **state)
{
	struct seen s = { 0 };
	struct tracker *t = tracker__new(NULL, NULL);
	uint64_t now = 1000000, ns;

	(void)state;
	(void)s;
	srand(42);
	for (int i = 0; i < 100000; i++) {
		struct atcq_event ev = event(rand() % 16, 0);

		now += rand() % 5000;
		ev.time_ns = now - rand() % 3000;
		ev.smmu = rand() % 2;
		ev.prod = rand() % 8;
		ev.sid = rand() % 4 ? (uint32_t)(rand() % 6) << 8 : ATCQ_NONE;
		ev.segment = 0;
		ev.bdf = rand() % 8 ? (uint32_t)(rand() % 6) << 8 : ATCQ_NONE;
		ev.code = rand() % 4;
		ev.source = rand() % 4;
		ev.ret = rand() % 3 ? 0 : -5;
		ev.duration_ns = rand() % 4000;
		tracker__event(t, &ev);
		assert_true(tracker__open_count(t) <= 1024);
		for (size_t k = 0; k < tracker__open_count(t); k++)
			for (int l = 0; l < LAT_MAX; l++)
				if (incident__latency(tracker__open_at(t, k), l, &ns))
					assert_true(ns < now);
	}
	tracker__free(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_in_order), cmocka_unit_test(test_out_of_order),
		cmocka_unit_test(test_innocents),
		cmocka_unit_test(test_lost_events), cmocka_unit_test(test_two_devices),
		cmocka_unit_test(test_repeated_timeout),
		cmocka_unit_test(test_reset_failed_then_good),
		cmocka_unit_test(test_deaf_after_reset),
		cmocka_unit_test(test_removed), cmocka_unit_test(test_injected),
		cmocka_unit_test(test_open_at_start), cmocka_unit_test(test_stock_kernel),
		cmocka_unit_test(test_gap), cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
