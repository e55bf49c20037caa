// SPDX-License-Identifier: GPL-2.0-only
/* What the history deletes: incidents that ended long ago, by a clock that cannot be set. */
#include "history.h"
#include "service/history.h"

#define BDF_A 0x0200
#define BDF_B 0x0300
#define DAY (86400 * SECOND)
#define YEAR_S (365 * 86400ll)
#define OTHER_BOOT "11111111-4a5b-4c6d-8e9f-001122334455"

static bool in_use(void *ctx, int64_t n)
{
	return recorder__writes(ctx, n);
}

/* Retention at @boot_ns of CLOCK_BOOTTIME, until there is nothing left to do */
static struct retention_deleted retain(struct fixture *f, const struct retention_limits *l, uint64_t boot_ns)
{
	struct retention_deleted d = { 0 };
	bool more;

	do {
		assert_int_equal(retention__retain(store__db(f->store), l, store__age_at(f->store, boot_ns), in_use,
						   f->recorder, &d, &more), 0);
	} while (more);
	return d;
}

static uint64_t deleted_by_age(struct fixture *f, uint64_t age_ns, uint64_t boot_ns)
{
	return retain(f, &(struct retention_limits){ .age_ns = age_ns }, boot_ns).age;
}

static int64_t rows(void)
{
	return number("SELECT count(*) FROM incident");
}

/* Too old or too much: those that ended first go, but never one that is open */
static void test_limits(void **state)
{
	struct fixture f = { 0 };

	(void)state;
	fill(&f, 100);
	assert_int_equal(deleted_by_age(&f, 0, 1000 * DAY), 0);
	assert_int_equal(deleted_by_age(&f, 300 * SECOND, 200 * SECOND), 0);
	assert_int_equal(deleted_by_age(&f, INT64_MAX, 200 * SECOND), 0);
	assert_int_equal(deleted_by_age(&f, 50 * SECOND, 200 * SECOND), 50);
	assert_int_equal(number("SELECT min(closed_ns) / 1000000000 FROM incident WHERE closed"), 150);
	assert_int_equal(number("SELECT count(*) FROM incident WHERE NOT closed"), 1);
	assert_int_equal(number("SELECT count(*) FROM slice WHERE n NOT IN (SELECT n FROM incident)"), 0);
	assert_int_equal(retain(&f, &(struct retention_limits){ .bytes = 1 }, 200 * SECOND).size, 50);
	assert_int_equal(rows(), 1);
	end(&f);
}

/* An incident may begin long before it ends: its age is counted from its end */
static void test_end_counts(void **state)
{
	struct fixture f = { 0 };

	(void)state;
	begin(&f, NULL);
	fault(&f, 10 * SECOND, BDF_A);
	assert_int_equal(recorder__flush(f.recorder, 10 * SECOND, false), 0);
	assert_int_equal(deleted_by_age(&f, 90 * DAY, 100 * DAY), 0);
	recover(&f, 100 * DAY, BDF_A);
	assert_int_equal(recorder__flush(f.recorder, 100 * DAY, false), 0);
	assert_int_equal(recorder__flush(f.recorder, 100 * DAY + 10 * SECOND, false), 0);
	assert_int_equal(deleted_by_age(&f, 90 * DAY, 190 * DAY), 0);
	assert_int_equal(deleted_by_age(&f, 90 * DAY, 190 * DAY + SECOND), 1);
	end(&f);
}

/* However short the age: an incident stays while its last events are still to be written */
static void test_written_stays(void **state)
{
	const struct retention_limits full = { .age_ns = 1, .bytes = 1 };
	struct fixture f = { 0 };
	struct retention_deleted d;

	(void)state;
	begin(&f, NULL);
	fault(&f, 10 * SECOND, BDF_A);
	recover(&f, 11 * SECOND, BDF_A);
	assert_int_equal(recorder__flush(f.recorder, 11 * SECOND, false), 0);
	d = retain(&f, &full, 14 * SECOND);
	assert_int_equal(d.age + d.size, 0);
	/* An event of its device, and an incident of another, before its slice ends */
	recover(&f, 15 * SECOND, BDF_A);
	fault(&f, 15 * SECOND, BDF_B);
	assert_int_equal(recorder__flush(f.recorder, 17 * SECOND, false), 0);
	assert_int_equal(recorder__totals(f.recorder)->refused, 0);
	assert_int_equal(rows(), 2);
	assert_int_equal(number("SELECT sum(events) FROM slice WHERE n = 1"), 8 + 3 + 4);
	/* Its slice has ended, the other's has not */
	d = retain(&f, &full, 17 * SECOND);
	assert_int_equal(d.age, 1);
	assert_int_equal(rows(), 1);
	end(&f);
}

/* The size limit takes what ended first, not what began first */
static void test_size_by_end(void **state)
{
	struct fixture f = { 0 };
	struct retention_limits l = { 0 };

	(void)state;
	begin(&f, NULL);
	fault(&f, 10 * SECOND, BDF_A);
	assert_int_equal(recorder__flush(f.recorder, 10 * SECOND, false), 0);
	for (int i = 0; i < 300; i++) {
		fault(&f, (100 + i) * SECOND, BDF_B);
		recover(&f, (100 + i) * SECOND + SECOND / 2, BDF_B);
	}
	recover(&f, 500 * SECOND, BDF_A);
	assert_int_equal(recorder__flush(f.recorder, 600 * SECOND, true), 0);
	l.bytes = retention__used(store__db(f.store)) / 2;
	assert_in_range(retain(&f, &l, 600 * SECOND).size, 64, 300);
	assert_int_equal(number("SELECT max(closed_ns) / 1000000000 FROM incident"), 500);
	end(&f);
}

static void one(struct fixture *f, uint64_t at)
{
	fault(f, at, BDF_A);
	recover(f, at + SECOND, BDF_A);
	assert_int_equal(recorder__flush(f->recorder, at + 10 * SECOND, true), 0);
}

/* Whatever is done to the wall clock, in a boot or before it: neither deletes nor saves anything */
static void test_wall_clock(void **state)
{
	static const int64_t wall_s[] = { -YEAR_S, 0, YEAR_S, 50 * YEAR_S };
	struct fixture f = { 0 };

	(void)state;
	begin_at(&f, NULL, 1000, 0);
	one(&f, DAY);
	for (size_t i = 0; i < 4; i++) {
		set_wall(&f, wall_s[i], 2 * DAY);
		one(&f, (3 + i) * DAY);
		assert_int_equal(deleted_by_age(&f, 90 * DAY, 8 * DAY), 0);
	}
	assert_int_equal(rows(), 5);
	assert_int_equal(deleted_by_age(&f, 90 * DAY, 92 * DAY), 1);
	assert_int_equal(store__save_age(f.store, 92 * DAY), 0);
	end(&f);
	for (size_t i = 0; i < 4; i++) {
		char boot_id[40] = OTHER_BOOT;

		boot_id[0] = '2' + i;
		begin_at(&f, boot_id, wall_s[i], 60 * SECOND);
		assert_int_equal(deleted_by_age(&f, 90 * DAY, 600 * SECOND), 0);
		end(&f);
	}
	/* 92 days, and one more in this boot; the machine was off for as long as anybody likes */
	begin_at(&f, OTHER_BOOT, 1000, 60 * SECOND);
	assert_int_equal(deleted_by_age(&f, 90 * DAY, DAY / 2), 0);
	assert_int_equal(deleted_by_age(&f, 90 * DAY, DAY + 2 * SECOND), 1);
	assert_int_equal(rows(), 3);
	end(&f);
}

/* The history's time continues over restarts and boots; a crash costs what was not saved */
static void test_boots(void **state)
{
	struct fixture f = { 0 };

	(void)state;
	begin_at(&f, NULL, 0, 5 * DAY);
	assert_int_equal(store__age_at(f.store, 5 * DAY), 0);
	one(&f, 10 * DAY);
	assert_int_equal(store__save_age(f.store, 11 * DAY), 0);
	end(&f);
	/* Time without a daemon is time, too, as long as the machine runs */
	begin_at(&f, NULL, 0, 20 * DAY);
	assert_int_equal(store__age_at(f.store, 20 * DAY), 15 * DAY);
	assert_int_equal(store__save_age(f.store, 21 * DAY), 0);
	one(&f, 22 * DAY);
	end(&f);
	begin_at(&f, OTHER_BOOT, 0, DAY);
	assert_int_equal(store__age_at(f.store, DAY), 17 * DAY);
	assert_int_equal(deleted_by_age(&f, 20 * DAY, 9 * DAY), 0);
	assert_int_equal(deleted_by_age(&f, 20 * DAY, 9 * DAY + 2 * SECOND), 1);
	/* Ended a day after the last save: as old as that is known */
	assert_int_equal(deleted_by_age(&f, 20 * DAY, 21 * DAY), 0);
	assert_int_equal(deleted_by_age(&f, 20 * DAY, 21 * DAY + 2 * SECOND), 1);
	end(&f);
}

/* The end of what was open when the machine went down was not seen: it counts from when that is found out */
static void test_end_unseen(void **state)
{
	struct fixture f = { 0 };

	(void)state;
	begin(&f, NULL);
	fault(&f, 10 * SECOND, BDF_A);
	assert_int_equal(recorder__flush(f.recorder, 10 * SECOND, false), 0);
	assert_int_equal(store__save_age(f.store, 100 * DAY), 0);
	end(&f);
	begin_at(&f, OTHER_BOOT, 1000, 60 * SECOND);
	assert_int_equal(recorder__resume(f.recorder, f.tracker, 60 * SECOND), 0);
	assert_int_equal(number("SELECT closed FROM incident"), 1);
	assert_int_equal(deleted_by_age(&f, 90 * DAY, 90 * DAY), 0);
	assert_int_equal(deleted_by_age(&f, 90 * DAY, 90 * DAY + 61 * SECOND), 1);
	end(&f);
}

/* What an older program kept is as old as the upgrade, and goes first where room is short */
static void test_schema_1(void **state)
{
	struct fixture f = { 0 };
	struct retention_limits l = { .bytes = 1 };
	int64_t kept;

	(void)state;
	copy_sample();
	kept = rows();
	elsewhere("UPDATE incident SET opened_utc_ns = opened_utc_ns + 31536000000000000 WHERE n = 1");
	begin_at(&f, NULL, 50 * YEAR_S, 300 * DAY);
	assert_int_equal(deleted_by_age(&f, 90 * DAY, 390 * DAY), 0);
	one(&f, 310 * DAY);
	assert_int_equal(rows(), kept + 1);
	/* By the wall clock, the only one of that time, n = 1 ended last */
	assert_int_equal(number("SELECT n FROM incident WHERE closed ORDER BY ended_order LIMIT 1"), 2);
	assert_int_equal(number("SELECT n FROM incident WHERE closed ORDER BY ended_order DESC LIMIT 1"), 3);
	assert_int_equal(deleted_by_age(&f, 90 * DAY, 390 * DAY + 1), kept);
	assert_int_equal(rows(), 1);
	assert_int_equal(retain(&f, &l, 390 * DAY).size, 1);
	end(&f);
}

/* Each second it asks what to delete: that must not read the whole history */
static void test_index(void **state)
{
	struct fixture f = { 0 };
	sqlite3_stmt *stmt = NULL;
	sqlite3 *db = NULL;
	bool used = false;

	(void)state;
	fill(&f, 10);
	end(&f);
	assert_int_equal(sqlite3_open(tree_path("db"), &db), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(db, "EXPLAIN QUERY PLAN " RETENTION_CHOOSE, -1, &stmt, NULL), SQLITE_OK);
	while (sqlite3_step(stmt) == SQLITE_ROW) {
		const char *text = (const char *)sqlite3_column_text(stmt, 3);

		assert_null(strstr(text, "TEMP B-TREE"));
		used |= !!strstr(text, "incident_ended");
	}
	assert_true(used);
	sqlite3_finalize(stmt);
	sqlite3_close(db);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, tree_setup, tree_teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_limits), TEST(test_end_counts), TEST(test_written_stays), TEST(test_size_by_end),
		TEST(test_wall_clock), TEST(test_boots), TEST(test_end_unseen), TEST(test_schema_1), TEST(test_index),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
