// SPDX-License-Identifier: GPL-2.0-only
/* What an incident says beyond its stamps: what is unknown, what it cost others, who else spoke. */
#include "events.h"

#include "core/tracker_internal.h"

#define PORT_A	0x0081		/* above BDF_A, says above() */
#define SEC	1000000000ull

static bool above(void *ctx, uint32_t segment, uint32_t bdf, uint32_t device_bdf)
{
	(void)ctx;
	return !segment && bdf == PORT_A && device_bdf == BDF_A;
}

static void said(struct tracker *t, uint16_t type, uint64_t time, uint32_t bdf, uint32_t code,
		 uint32_t source)
{
	struct atcq_event ev = event(type, time);

	ev.segment = 0;
	ev.bdf = bdf;
	ev.code = code;
	ev.source = source;
	tracker__event(t, &ev);
}

static void waited(struct tracker *t, uint64_t time, uint32_t prod, uint64_t duration, uint32_t usual)
{
	struct atcq_event ev = event(ATCQ_EV_SYNC_DELAYED, time);

	ev.smmu = 0;
	ev.prod = prod;
	ev.duration_ns = duration;
	ev.usual_ns = usual;
	tracker__event(t, &ev);
}

/* A line of a stock kernel's log, blamed on BDF_A */
static void logged(struct tracker *t, uint64_t time, uint32_t prod)
{
	struct atcq_event ev = event(ATCQ_EV_CMDQ_ERROR, time);

	ev.smmu = 0;
	ev.prod = prod;
	ev.sid = SID_A;
	ev.segment = 0;
	ev.bdf = BDF_A;
	ev.code = ATCQ_CERROR_ATC_INV_SYNC;
	ev.source = ATCQ_RAISED_LOG;
	tracker__event(t, &ev);
}

/* AER of the device and the port above belong to its incident, others' words do not. */
static void test_neighbours(void **state)
{
	struct seen s = { 0 };
	struct tracker *t = tracker__new(on_phase, &s);
	const struct incident *inc;

	(void)state;
	tracker__set_above(t, above, NULL);
	fault(t, 10 * SEC, 0x30, BDF_A);
	said(t, ATCQ_EV_AER, 11 * SEC, BDF_A, 0x4000, ATCQ_AER_FATAL);
	said(t, ATCQ_EV_AER, 11 * SEC, BDF_B, 0x4000, ATCQ_AER_FATAL);
	said(t, ATCQ_EV_DPC, 12 * SEC, PORT_A, 0x1f01, 0);
	said(t, ATCQ_EV_HOTPLUG, 13 * SEC, PORT_A, ATCQ_HOTPLUG_LINK_DOWN, 0);
	said(t, ATCQ_EV_AER, 14 * SEC, BDF_A, 0x4000, ATCQ_AER_FATAL);
	said(t, ATCQ_EV_AER, 14 * SEC, BDF_A, 0x4000, ATCQ_AER_CORRECTABLE);
	inc = tracker__open_at(t, 0);
	assert_int_equal(tracker__open_count(t), 1);
	assert_int_equal(inc->nneighbours, 4);
	assert_int_equal(inc->neighbour[0].type, ATCQ_EV_AER);
	assert_int_equal(inc->neighbour[0].time_ns, 11 * SEC);
	assert_int_equal(inc->neighbour[0].count, 2);
	assert_int_equal(inc->neighbour[1].bdf, PORT_A);
	assert_int_equal(inc->neighbour[1].code, 0x1f01);
	assert_int_equal(inc->neighbour[2].type, ATCQ_EV_HOTPLUG);
	assert_int_equal(inc->neighbour[3].severity, ATCQ_AER_CORRECTABLE);
	assert_int_equal(inc->neighbours_more, 0);
	for (uint32_t code = 0; code < 10; code++)
		said(t, ATCQ_EV_AER, 15 * SEC, BDF_A, code, ATCQ_AER_NONFATAL);
	assert_int_equal(inc->nneighbours, MAX_NEIGHBOURS);
	assert_int_equal(inc->neighbours_more, 10 - (MAX_NEIGHBOURS - 4));
	tracker__free(t);
}

/* What was said up to 5 s before belongs to the incident, also if its device is named late. */
static void test_neighbours_before(void **state)
{
	struct tracker *t = tracker__new(NULL, NULL);
	struct atcq_event ev = event(ATCQ_EV_CMDQ_ERROR, 12 * SEC);

	(void)state;
	tracker__set_above(t, above, NULL);
	said(t, ATCQ_EV_AER, 5 * SEC, BDF_A, 1, ATCQ_AER_FATAL);	/* too long ago */
	said(t, ATCQ_EV_AER, 11 * SEC, BDF_A, 2, ATCQ_AER_FATAL);
	said(t, ATCQ_EV_DPC, 11 * SEC, PORT_A, 3, 0);
	ev.smmu = 0;
	ev.code = ATCQ_CERROR_ATC_INV_SYNC;
	ev.source = ATCQ_RAISED_LOG;
	tracker__event(t, &ev);
	assert_int_equal(tracker__open_at(t, 0)->nneighbours, 0);
	logged(t, 13 * SEC, 0x40);
	assert_int_equal(tracker__open_count(t), 1);
	assert_int_equal(tracker__open_at(t, 0)->nneighbours, 2);
	assert_int_equal(tracker__open_at(t, 0)->neighbour[0].code, 2);
	assert_int_equal(tracker__open_at(t, 0)->neighbour[1].code, 3);
	tracker__free(t);
}

/* The time that others lost is credited to the error they waited for, in any order of events. */
static void test_delays(void **state)
{
	struct tracker *t = tracker__new(NULL, NULL);

	(void)state;
	raised(t, 10000, 0x30, ATCQ_RAISED_IRQ);
	waited(t, 10100, 0x30, 5000, 1000);	/* before anybody knows for whom */
	waited(t, 10120, 0x30, 7000, 1000);
	synced(t, 10100, 0x30, 5100);
	timed_out(t, 10110, 0x30, BDF_A);
	waited(t, 10200, 0x30, 6000, 1000);	/* and after */
	waited(t, 10200, 0x38, 6000, 1000);	/* for another error */
	assert_int_equal(tracker__open_at(t, 0)->syncs_delayed, 3);
	assert_int_equal(tracker__open_at(t, 0)->sync_delay_ns, 15000);
	assert_int_equal(tracker__totals(t)->syncs_delayed, 4);
	assert_int_equal(tracker__totals(t)->sync_delay_ns, 20000);
	waited(t, 10300, 0x30, 500, 1000);	/* faster than usual is no gain */
	assert_int_equal(tracker__open_at(t, 0)->sync_delay_ns, 15000);
	tracker__free(t);
}

/* A queue position that comes again after a wrap brings no old delays with it. */
static void test_delays_wrap(void **state)
{
	struct delays d = { 0 };
	struct delay old = { .prod = 7, .ns = 10, .from_ns = 100, .to_ns = 200 };
	struct delay new = { .prod = 7, .ns = 5, .from_ns = 900, .to_ns = 1000 }, got;

	(void)state;
	delays__put(&d, &old);
	assert_false(delays__take(&d, 0, 7, 950, &got));
	delays__put(&d, &new);
	assert_true(delays__take(&d, 0, 7, 950, &got));
	assert_int_equal(got.ns, 5);
	assert_int_equal(got.count, 1);
	assert_false(delays__take(&d, 0, 7, 950, &got));
	/* More than there is room for: the oldest goes, nothing is mixed up */
	for (uint32_t i = 0; i < 3 * MAX_DELAYS; i++) {
		new.prod = i;
		delays__put(&d, &new);
	}
	assert_false(delays__take(&d, 0, 0, 950, &got));
	assert_true(delays__take(&d, 0, 3 * MAX_DELAYS - 1, 950, &got));
}

/* A stock kernel: raised, a reset, an FLR and the end are told; the rest is said to be unknown. */
static void test_stock(void **state)
{
	const uint32_t told = 1u << PHASE_RAISED | 1u << PHASE_RESET_BEGIN | 1u << PHASE_RESET_END |
			      1u << PHASE_RECOVERED;
	struct seen s = { 0 };
	struct tracker *t = tracker__new(on_phase, &s);

	(void)state;
	tracker__set_told(t, told);
	for (uint32_t i = 0; i < 40; i++) {
		logged(t, 1000 + i * 100, i);
		waited(t, 1050 + i * 100, i, 1000, 400);
	}
	assert_true(tracker__open_at(t, 0)->incomplete);
	assert_int_equal(incident__unknown(tracker__open_at(t, 0)), PHASES_ALL & ~told);
	device(t, ATCQ_EV_RESET_PREPARE, 90000, BDF_A, 0, 0);
	device(t, ATCQ_EV_FLR, 91000, BDF_A, 0, 0);
	device(t, ATCQ_EV_RESET_DONE, 90900, BDF_A, 0, 0);
	device(t, ATCQ_EV_DEVICE_UNBLOCKED, 90950, BDF_A, 0, 0);
	assert_int_equal(s.nclosed, 1);
	assert_int_equal(s.closed[0].state, INCIDENT_RECOVERED);
	assert_int_equal(s.closed[0].cmdq_errors, 40);
	assert_int_equal(s.closed[0].syncs_delayed, 40);
	assert_int_equal(s.closed[0].sync_delay_ns, 40 * 600);
	assert_int_equal(s.closed[0].flrs, 1);
	assert_int_equal(s.closed[0].flr_result, 0);
	assert_int_equal(s.closed[0].stamp[PHASE_RECOVERED], 90950);
	assert_int_equal(incident__unknown(&s.closed[0]), PHASES_ALL & ~told);
	tracker__free(t);
}

/* On a patched kernel nothing is unknown but what got lost; what did not happen is not unknown. */
static void test_unknown(void **state)
{
	struct seen s = { 0 };
	struct tracker *t = tracker__new(on_phase, &s);

	(void)state;
	fault(t, 10000, 0x30, BDF_A);
	assert_int_equal(incident__unknown(tracker__open_at(t, 0)), 0);
	device(t, ATCQ_EV_DEVICE_RELEASED, 6000000, BDF_A, ATCQ_BLOCKED_BROKEN, 0);
	assert_int_equal(incident__unknown(&s.closed[0]), 0);
	/* The error and the CMD_SYNC were lost */
	timed_out(t, 7000110, 0x30, BDF_A);
	device(t, ATCQ_EV_ATS_BLOCKED, 7000300, BDF_A, 0, 0);
	assert_int_equal(incident__unknown(tracker__open_at(t, 0)), 1u << PHASE_ISSUED | 1u << PHASE_RAISED);
	tracker__free(t);
}

/* 1,000 devices break at once and again, 180,000 events: found by address, in bounded memory. */
static void test_thousand_devices(void **state)
{
	struct tracker *t = tracker__new(NULL, NULL);
	uint64_t now = SEC;

	(void)state;
	for (uint32_t round = 0; round < 20; round++) {
		for (uint32_t i = 0; i < 1000; i++, now += 10000)
			fault(t, now, i, i << 4);
		assert_int_equal(tracker__open_count(t), 1000);
		for (uint32_t i = 0; i < 1000; i++, now += 10000)
			reset(t, now, i << 4, 0);
		assert_int_equal(tracker__open_count(t), 0);
	}
	assert_int_equal(tracker__totals(t)->incidents, 20000);
	assert_int_equal(tracker__totals(t)->recovered, 20000);
	assert_int_equal(tracker__totals(t)->dropped, 0);
	tracker__free(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_neighbours), cmocka_unit_test(test_neighbours_before),
		cmocka_unit_test(test_delays), cmocka_unit_test(test_delays_wrap),
		cmocka_unit_test(test_stock), cmocka_unit_test(test_unknown),
		cmocka_unit_test(test_thousand_devices),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
