// SPDX-License-Identifier: GPL-2.0-only
/* The history: what is kept, what goes on after a restart, what a full disk costs. */
#include "history.h"

#define BDF_A 0x0200
#define BDF_B 0x0300

/* An incident and its events come back as they were */
static void test_kept(void **state)
{
	struct fixture f = { 0 };
	struct query q = { 0 };
	struct report r;
	uint64_t ns;
	char id[96];

	(void)state;
	begin(&f, NULL);
	fault(&f, 10 * SECOND, BDF_A);
	assert_int_equal(recorder__flush(f.recorder, 10 * SECOND, false), 0);
	assert_int_equal(ask(&q, &r), 0);
	assert_int_equal(r.n, 1);
	assert_int_equal(r.open, 1);
	assert_int_equal(r.incidents[0].state, INCIDENT_FENCED);
	report__free(&r);
	recover(&f, 12 * SECOND, BDF_A);
	assert_int_equal(recorder__flush(f.recorder, 12 * SECOND, false), 0);
	assert_int_equal(recorder__totals(f.recorder)->kept, 1);
	assert_int_equal(recorder__flush(f.recorder, 18 * SECOND, false), 0);
	assert_int_equal(ask(&q, &r), 0);
	assert_int_equal(r.incidents[0].state, INCIDENT_RECOVERED);
	assert_false(r.incidents[0].incomplete);
	assert_true(incident__latency(&r.incidents[0], LAT_RECOVERY, &ns));
	assert_int_equal(ns, 2 * SECOND + 1100);
	assert_true(incident__latency(&r.incidents[0], LAT_EXPOSURE, &ns));
	assert_int_equal(ns, 1300);
	assert_int_equal(r.incidents[0].opened_utc_ns, 1010 * SECOND + 110);
	incident__id(&r.incidents[0], report__boot_id(&r, &r.incidents[0]), id, sizeof(id));
	report__free(&r);
	q.incident = id;
	assert_int_equal(ask(&q, &r), 0);
	assert_int_equal(r.n, 1);
	assert_int_equal(r.nevents, 8);
	assert_int_equal(r.events[0].type, ATCQ_EV_CMDQ_ERROR);
	assert_int_equal(r.events[7].type, ATCQ_EV_DEVICE_UNBLOCKED);
	report__free(&r);
	q.incident = "00000000-0-0-0";
	assert_int_equal(ask(&q, &r), -ENOENT);
	report__free(&r);
	end(&f);
}

static struct atcq_event gerror(uint64_t at, uint32_t smmu)
{
	return (struct atcq_event){
		.type = ATCQ_EV_GERROR, .time_ns = at, .smmu = smmu, .sid = ATCQ_NONE,
		.prod = ATCQ_NONE, .segment = ATCQ_NONE, .bdf = ATCQ_NONE,
	};
}

/* A slice has what happened at its SMMU from 5 s before until 5 s after */
static void test_slice(void **state)
{
	struct fixture f = { 0 };
	struct report r;
	struct query q = { 0 };
	char id[96];

	(void)state;
	begin(&f, NULL);
	happen(&f, gerror(14 * SECOND, 0));
	happen(&f, gerror(16 * SECOND, 0));
	happen(&f, gerror(17 * SECOND, 1));
	fault(&f, 20 * SECOND, BDF_A);
	recover(&f, 21 * SECOND, BDF_A);
	happen(&f, gerror(25 * SECOND, 0));
	assert_int_equal(recorder__flush(f.recorder, 25 * SECOND, false), 0);
	assert_int_equal(recorder__flush(f.recorder, 27 * SECOND, false), 0);
	happen(&f, gerror(27 * SECOND, 0));
	assert_int_equal(recorder__flush(f.recorder, 28 * SECOND, false), 0);
	assert_int_equal(ask(&q, &r), 0);
	incident__id(&r.incidents[0], BOOT_ID, id, sizeof(id));
	report__free(&r);
	q.incident = id;
	assert_int_equal(ask(&q, &r), 0);
	assert_int_equal(r.nevents, 10);
	assert_int_equal(r.events[0].time_ns, 16 * SECOND);
	assert_int_equal(r.events[9].time_ns, 25 * SECOND);
	assert_int_equal(r.events_left_out, 0);
	report__free(&r);
	end(&f);
}

/* What does not fit into a slice is counted, and its own device's events go first */
static void test_slice_limit(void **state)
{
	struct fixture f = { 0 };
	struct report r;
	struct query q = { 0 };

	(void)state;
	begin(&f, NULL);
	for (int i = 0; i < 3000; i++)
		happen(&f, gerror(20 * SECOND + i, 0));
	fault(&f, 21 * SECOND, BDF_A);
	recover(&f, 22 * SECOND, BDF_A);
	assert_int_equal(recorder__flush(f.recorder, 22 * SECOND, false), 0);
	assert_int_equal(ask(&q, &r), 0);
	assert_int_equal(r.events_left_out, 3000 - 1024);
	assert_int_equal(number("SELECT sum(events) FROM slice"), 1024 + 8);
	report__free(&r);
	end(&f);
}

static void prepare_reset(struct fixture *f, uint64_t at, bool done)
{
	happen(f, (struct atcq_event){
		.type = done ? ATCQ_EV_RESET_DONE : ATCQ_EV_RESET_PREPARE, .time_ns = at, .smmu = ATCQ_NONE,
		.sid = ATCQ_NONE, .prod = ATCQ_NONE, .bdf = BDF_A, .ret = done ? -25 : 0,
	});
}

static void restart(struct fixture *f, const char *boot_id, uint64_t since_ns)
{
	end(f);
	begin(f, boot_id);
	if (since_ns)
		tracker__seed(f->tracker, 0, BDF_A, 0, BDF_A, ATCQ_BLOCKED_BROKEN, since_ns);
	assert_int_equal(recorder__resume(f->recorder, f->tracker, 30 * SECOND), 0);
	assert_int_equal(recorder__flush(f->recorder, 30 * SECOND, false), 0);
}

/* The device is blocked since before its fence was seen: the incident goes on */
static void test_goes_on(void **state)
{
	struct fixture f = { 0 };
	struct report r;
	uint64_t ns;

	(void)state;
	begin(&f, NULL);
	fault(&f, 20 * SECOND, BDF_A);
	assert_int_equal(recorder__flush(f.recorder, 20 * SECOND, false), 0);
	restart(&f, NULL, 20 * SECOND + 4000);
	recover(&f, 40 * SECOND, BDF_A);
	assert_int_equal(recorder__flush(f.recorder, 40 * SECOND, true), 0);
	assert_int_equal(ask(&(struct query){ 0 }, &r), 0);
	assert_int_equal(r.n, 1);
	assert_int_equal(r.incidents[0].state, INCIDENT_RECOVERED);
	assert_true(r.incidents[0].incomplete);
	assert_true(incident__latency(&r.incidents[0], LAT_RECOVERY, &ns));
	assert_int_equal(ns, 20 * SECOND + 1100);
	report__free(&r);
	end(&f);
}

/* A reset that began before a restart and one that ends after it are not one reset */
static void test_no_false_reset(void **state)
{
	struct fixture f = { 0 };
	struct report r;
	uint64_t ns;

	(void)state;
	begin(&f, NULL);
	fault(&f, 20 * SECOND, BDF_A);
	prepare_reset(&f, 21 * SECOND, false);
	assert_int_equal(recorder__flush(f.recorder, 21 * SECOND, false), 0);
	restart(&f, NULL, 20 * SECOND + 4000);
	prepare_reset(&f, 40 * SECOND, true);
	assert_int_equal(recorder__flush(f.recorder, 40 * SECOND, false), 0);
	assert_int_equal(ask(&(struct query){ 0 }, &r), 0);
	assert_int_equal(r.n, 1);
	assert_int_equal(r.incidents[0].state, INCIDENT_RESET_FAILED);
	assert_false(incident__latency(&r.incidents[0], LAT_RESET, &ns));
	report__free(&r);
	end(&f);
}

/* It was lifted and blocked again, or the machine was booted: the end is unknown */
static void test_end_unseen(void **state)
{
	static const struct {
		const char *boot_id;
		uint64_t since_ns;
		size_t incidents;
	} cases[] = {
		{ NULL, 25 * SECOND, 2 },
		{ NULL, 0, 1 },
		{ "11111111-4a5b-4c6d-8e9f-001122334455", 20 * SECOND + 4000, 2 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct fixture f = { 0 };
		struct report r;

		begin(&f, NULL);
		fault(&f, 20 * SECOND, BDF_A);
		assert_int_equal(recorder__flush(f.recorder, 20 * SECOND, false), 0);
		restart(&f, cases[i].boot_id, cases[i].since_ns);
		assert_int_equal(ask(&(struct query){ 0 }, &r), 0);
		assert_int_equal(r.n, cases[i].incidents);
		assert_int_equal(r.incidents[0].state, INCIDENT_UNKNOWN);
		assert_true(r.incidents[0].closed && r.incidents[0].incomplete);
		report__free(&r);
		end(&f);
		assert_int_equal(unlink(tree_path("db")), 0);
	}
}

static int64_t pages(struct fixture *f, const char *sql)
{
	sqlite3_stmt *stmt = NULL;
	int64_t v;

	assert_int_equal(sqlite3_prepare_v2(store__db(f->store), sql, -1, &stmt, NULL), SQLITE_OK);
	sqlite3_step(stmt);
	v = sqlite3_column_int64(stmt, 0);
	sqlite3_finalize(stmt);
	return v;
}

/* Without room they wait in memory, so many of them; those beyond are counted, the rest is kept */
static void test_full(void **state)
{
	struct fixture f = { 0 };
	struct report r;
	char sql[64];

	(void)state;
	begin(&f, NULL);
	snprintf(sql, sizeof(sql), "PRAGMA max_page_count = %lld", (long long)pages(&f, "PRAGMA page_count"));
	pages(&f, sql);
	for (int i = 0; i < RECORDER_TAILS + 10; i++) {
		fault(&f, (20 + i) * SECOND, BDF_A);
		recover(&f, (20 + i) * SECOND + SECOND / 2, BDF_A);
		if (i == 100)
			assert_int_equal(recorder__flush(f.recorder, 200 * SECOND, false), SQLITE_FULL);
	}
	assert_true(recorder__failing(f.recorder));
	/* The cause, not that the rollback after it went well */
	assert_string_equal(store__error(f.store), "database or disk is full");
	/* Not at each event, but once a second */
	assert_int_equal(recorder__flush(f.recorder, 200 * SECOND + 1, false), 0);
	assert_int_equal(recorder__totals(f.recorder)->write_errors, 1);
	assert_int_equal(recorder__totals(f.recorder)->lost, 10);
	assert_int_equal(recorder__totals(f.recorder)->kept, 0);
	pages(&f, "PRAGMA max_page_count = 1000000");
	assert_int_equal(recorder__flush(f.recorder, 9000 * SECOND, false), 0);
	assert_false(recorder__failing(f.recorder));
	assert_int_equal(recorder__totals(f.recorder)->kept, RECORDER_TAILS);
	assert_int_equal(store__loss(f.store, 1, 2, 10), 0);
	assert_int_equal(ask(&(struct query){ 0 }, &r), 0);
	assert_int_equal(r.n, RECORDER_TAILS);
	assert_int_equal(r.incidents_lost, 10);
	report__free(&r);
	end(&f);
}

static void on_refused(void *ctx, const struct incident *inc, const char *why)
{
	(void)inc;
	snprintf(ctx, 128, "%s", why);
}

/* What the database does not take of one incident, it takes of the others; and it says why */
static void test_refused(void **state)
{
	struct fixture f = { 0 };
	char why[128] = "";
	struct report r;

	(void)state;
	begin(&f, NULL);
	recorder__set_refused(f.recorder, on_refused, why);
	fault(&f, 20 * SECOND, BDF_A);
	recover(&f, 21 * SECOND, BDF_A);
	assert_int_equal(recorder__flush(f.recorder, 21 * SECOND, false), 0);
	elsewhere("PRAGMA foreign_keys = ON; DELETE FROM incident");
	/* Of the first its last events are still to come */
	fault(&f, 22 * SECOND, BDF_B);
	assert_int_equal(recorder__flush(f.recorder, 23 * SECOND, false), 0);
	assert_string_equal(why, "FOREIGN KEY constraint failed");
	assert_int_equal(number("SELECT count(*) FROM incident"), 1);
	assert_false(recorder__failing(f.recorder));
	/* Of the second, that it is over */
	elsewhere("PRAGMA foreign_keys = ON; DELETE FROM incident");
	recover(&f, 24 * SECOND, BDF_B);
	fault(&f, 25 * SECOND, BDF_A);
	recover(&f, 26 * SECOND, BDF_A);
	assert_int_equal(recorder__flush(f.recorder, 40 * SECOND, false), 0);
	assert_string_equal(why, "its row has been deleted");
	assert_int_equal(recorder__totals(f.recorder)->refused, 2);
	assert_int_equal(recorder__totals(f.recorder)->write_errors, 0);
	assert_int_equal(recorder__totals(f.recorder)->kept, 2);
	assert_int_equal(recorder__totals(f.recorder)->lost, 1);
	assert_int_equal(ask(&(struct query){ 0 }, &r), 0);
	assert_int_equal(r.n, 1);
	assert_int_equal(r.incidents[0].opened_ns, 25 * SECOND + 110);
	assert_true(r.incidents[0].closed);
	report__free(&r);
	/* All eight of its own device's two incidents, and four of the other's that its SMMU reported */
	assert_int_equal(number("SELECT sum(events) FROM slice"), 20);
	end(&f);
}

/* Of an incident and its events both are written, or neither */
static void test_refused_whole(void **state)
{
	struct fixture f = { 0 };
	char why[128] = "";

	(void)state;
	begin(&f, NULL);
	recorder__set_refused(f.recorder, on_refused, why);
	fault(&f, 20 * SECOND, BDF_A);
	assert_int_equal(recorder__flush(f.recorder, 20 * SECOND, false), 0);
	elsewhere("INSERT INTO slice VALUES (1, 1, 0, '')");
	recover(&f, 22 * SECOND, BDF_A);
	fault(&f, 23 * SECOND, BDF_B);
	assert_int_equal(recorder__flush(f.recorder, 23 * SECOND, false), 0);
	assert_string_equal(why, "UNIQUE constraint failed: slice.n, slice.part");
	assert_int_equal(number("SELECT closed FROM incident WHERE n = 1"), 0);
	assert_int_equal(number("SELECT count(*) FROM incident"), 2);
	assert_int_equal(recorder__totals(f.recorder)->kept, 0);
	end(&f);
}

static int tell(void *ctx, const struct incident *inc, const char *boot_id)
{
	unsigned int *n = ctx;

	assert_string_equal(boot_id, BOOT_ID);
	assert_true(inc->closed);
	return ++*n == 3 ? -EAGAIN : 0;
}

/* Each incident that is over is told once; what could not be told comes again */
static void test_told_once(void **state)
{
	struct fixture f = { 0 };
	unsigned int called = 0;
	size_t n;

	(void)state;
	begin(&f, NULL);
	for (int i = 0; i < 4; i++) {
		fault(&f, (20 + i) * SECOND, BDF_A);
		recover(&f, (20 + i) * SECOND + SECOND / 2, BDF_A);
	}
	fault(&f, 30 * SECOND, BDF_B);
	assert_int_equal(recorder__flush(f.recorder, 30 * SECOND, true), 0);
	assert_int_equal(store__report(f.store, tell, &called, &n), 0);
	assert_int_equal(n, 2);
	assert_int_equal(store__report(f.store, tell, &called, &n), 0);
	assert_int_equal(n, 2);
	assert_int_equal(store__report(f.store, tell, &called, &n), 0);
	assert_int_equal(n, 0);
	end(&f);
}

/* A storm: memory does not grow, each is kept, slices are cut to what is their own */
static void test_storm(void **state)
{
	struct fixture f = { 0 };
	const unsigned int n = 5000;

	(void)state;
	begin(&f, NULL);
	for (unsigned int i = 0; i < n; i++) {
		uint64_t at = 20 * SECOND + i * 100000;

		fault(&f, at, BDF_A + i % 64);
		recover(&f, at + 50000, BDF_A + i % 64);
		if (i % 500 == 0)
			assert_int_equal(recorder__flush(f.recorder, at, false), 0);
	}
	assert_int_equal(recorder__flush(f.recorder, 100 * SECOND, true), 0);
	assert_int_equal(recorder__totals(f.recorder)->kept, n);
	assert_int_equal(recorder__totals(f.recorder)->lost, 0);
	assert_int_equal(number("SELECT count(*) FROM incident WHERE closed = 1"), n);
	end(&f);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, tree_setup, tree_teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_kept), TEST(test_slice), TEST(test_slice_limit), TEST(test_goes_on),
		TEST(test_no_false_reset),
		TEST(test_end_unseen), TEST(test_full), TEST(test_refused), TEST(test_refused_whole),
		TEST(test_told_once), TEST(test_storm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
