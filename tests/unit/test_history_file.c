// SPDX-License-Identifier: GPL-2.0-only
/* The history's file: what is no history, older and newer schemas, filters, times. */
#include <time.h>

#include "history.h"
#include "lib/clock.h"
#include "lib/log.h"
#include "lib/text.h"
#include "service/history.h"
#include "service/history_internal.h"

static void check_sample(void)
{
	struct query q = { .incident = "5a2d605a-0-200-41e9d3530" };
	struct report r;
	uint64_t ns;

	assert_int_equal(ask(&q, &r), 0);
	assert_int_equal(r.n, 1);
	assert_true(r.incidents[0].injected);
	assert_int_equal(r.incidents[0].state, INCIDENT_RECOVERED);
	assert_true(incident__latency(&r.incidents[0], LAT_QUARANTINE, &ns));
	assert_int_equal(ns, 79728);
	assert_int_equal(r.nevents, 23);
	assert_string_equal(report__kernel(&r, &r.incidents[0]), "7.3.4");
	report__free(&r);
}

static void test_schema_1(void **state)
{
	struct error err = { "" };
	struct store *s;

	(void)state;
	copy_sample();
	check_sample();
	assert_int_equal(number("PRAGMA user_version"), 1);
	assert_int_equal(store__open(&s, tree_path("db"), &err), 0);
	store__close(s);
	assert_int_equal(number("PRAGMA user_version"), HISTORY_SCHEMA);
	assert_int_equal(number("SELECT max(version) FROM migration"), HISTORY_SCHEMA);
	/* It told nobody, but that is long ago */
	assert_int_equal(number("SELECT count(*) FROM incident WHERE told = 0"), 0);
	check_sample();
}

static int open_to_write(struct error *err)
{
	struct store *s;
	int ret = store__open(&s, tree_path("db"), err);

	store__close(s);
	return ret;
}

static int open_to_read(struct error *err)
{
	sqlite3 *db;
	int ret = db__open_read(&db, tree_path("db"), err);

	sqlite3_close(db);
	return ret;
}

static void refused(int code, const char *words)
{
	struct error err = { "" };

	assert_int_equal(open_to_read(&err), code);
	assert_non_null(strstr(err.text, words));
	assert_int_equal(open_to_write(&err), code);
	assert_non_null(strstr(err.text, words));
}

static void test_refused(void **state)
{
	struct error err = { "" };
	sqlite3 *db;

	(void)state;
	assert_int_equal(open_to_read(&err), -ENOENT);
	mkdir(tree_path("db"), 0755);
	refused(-EINVAL, "Is a directory");
	rmdir(tree_path("db"));
	tree_file("db", "This is a letter to my aunt, and no database at all, however long it may be.\n");
	refused(-EINVAL, "no database");
	tree_file("db", "");
	assert_int_equal(open_to_read(&err), -EINVAL);
	unlink(tree_path("db"));
	assert_int_equal(sqlite3_open(tree_path("db"), &db), 0);
	sqlite3_exec(db, "CREATE TABLE bookmarks (url TEXT)", NULL, NULL, NULL);
	sqlite3_close(db);
	refused(-EINVAL, "another program");
	copy_sample();
	assert_int_equal(sqlite3_open(tree_path("db"), &db), 0);
	sqlite3_exec(db, "PRAGMA user_version = 99", NULL, NULL, NULL);
	sqlite3_close(db);
	refused(-EPROTONOSUPPORT, "newer atcq (schema 99");
}

/* Any byte of it may be damaged: no crash, no endless loop, and no number that cannot be */
static void test_damaged(void **state)
{
	static char bytes[1 << 20];
	size_t n;
	FILE *f;

	(void)state;
	copy_sample();
	f = fopen(tree_path("db"), "r");
	n = fread(bytes, 1, sizeof(bytes), f);
	fclose(f);
	for (size_t at = 0; at < n; at += 97) {
		struct query q = { .incident = at % 2 ? "5a2d605a-0-200-41e9d3530" : NULL };
		struct report r;

		bytes[at] ^= 0x55;
		tree_bytes("db", bytes, n);
		bytes[at] ^= 0x55;
		ask(&q, &r);
		assert_true(r.n <= 2);
		report__free(&r);
	}
}

/* A row number belongs to one incident for ever, also when that one was deleted by hand */
static void test_row_numbers(void **state)
{
	struct fixture f = { 0 };
	int64_t last;

	(void)state;
	for (int schema = 1; schema <= HISTORY_SCHEMA; schema += HISTORY_SCHEMA - 1) {
		if (schema == 1)
			copy_sample();
		begin(&f, NULL);
		fault(&f, schema * 100 * SECOND, 0x200);
		assert_int_equal(recorder__flush(f.recorder, schema * 100 * SECOND, true), 0);
		end(&f);
		last = number("SELECT max(n) FROM incident");
		elsewhere("PRAGMA foreign_keys = ON; DELETE FROM incident");
		begin(&f, NULL);
		for (uint64_t at = 300 * SECOND; at < 303 * SECOND; at += SECOND) {
			fault(&f, (schema + 10) * at, 0x300);
			recover(&f, (schema + 10) * at + 1000000, 0x300);
		}
		assert_int_equal(recorder__flush(f.recorder, 4000 * SECOND, true), 0);
		end(&f);
		assert_int_equal(number("SELECT min(n) FROM incident"), last + 1);
		assert_int_equal(number("SELECT max(n) FROM incident"), last + 3);
	}
}

/* The reserve is free pages; they are taken before the file grows, and given back if too many */
static void test_reserve(void **state)
{
	struct fixture f = { 0 };
	struct retention_limits l = { .reserve = 1 << 20 };
	int64_t used, count;

	(void)state;
	begin(&f, NULL);
	used = retention__used(store__db(f.store));
	assert_int_equal(retention__reserve(store__db(f.store), tree_path("db"), &l), 0);
	count = number("PRAGMA page_count");
	assert_true(number("PRAGMA freelist_count") >= 255);
	assert_true(retention__used(store__db(f.store)) < used + 8 * 4096);
	assert_int_equal(retention__reserve(store__db(f.store), tree_path("db"), &l), 0);
	assert_int_equal(number("PRAGMA page_count"), count);
	end(&f);
	fill(&f, 100);
	assert_int_equal(number("PRAGMA page_count"), count);
	assert_true(number("PRAGMA freelist_count") < 250);
	end(&f);
}

static size_t matches(const struct query *q)
{
	struct report r;
	size_t n;

	assert_int_equal(ask(q, &r), 0);
	n = r.n;
	report__free(&r);
	return n;
}

static void test_filters(void **state)
{
	struct fixture f = { 0 };

	(void)state;
	fill(&f, 10);
	end(&f);
	assert_int_equal(matches(&(struct query){ 0 }), 11);
	assert_int_equal(matches(&(struct query){ .device = "0000:02:00.0" }), 10);
	assert_int_equal(matches(&(struct query){ .device = "0000:03:00.0" }), 1);
	assert_int_equal(matches(&(struct query){ .device = "0000:04:00.0" }), 0);
	assert_int_equal(matches(&(struct query){ .state = "fenced" }), 1);
	assert_int_equal(matches(&(struct query){ .state = "recovered" }), 10);
	assert_int_equal(matches(&(struct query){ .device = "0000:02:00.0", .state = "fenced" }), 0);
	/* Opened since then, open then, or still open */
	assert_int_equal(matches(&(struct query){ .since_utc_ns = 1105 * SECOND + SECOND / 4 }), 4 + 1 + 1);
	assert_int_equal(matches(&(struct query){ .since_utc_ns = 2000 * SECOND }), 1);
}

/* An incident is found whether the clock was right when it began, or was set right or wrong later */
static void test_since_clock(void **state)
{
	static const int64_t walls[][2] = { { 0, 1800000000 }, { 1800000000, 0 } };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct fixture f = { 0 };

		begin_at(&f, NULL, walls[i][0], 0);
		fault(&f, 100 * SECOND, 0x200);
		recover(&f, 110 * SECOND, 0x200);
		assert_int_equal(recorder__flush(f.recorder, 120 * SECOND, true), 0);
		set_wall(&f, walls[i][1], 200 * SECOND);
		end(&f);
		assert_int_equal(matches(&(struct query){ .since_utc_ns = 1800000050 * (int64_t)SECOND }), 1);
		assert_int_equal(matches(&(struct query){ .since_utc_ns = 1800000105 * (int64_t)SECOND }), 1);
		assert_int_equal(matches(&(struct query){ .since_utc_ns = 1800000111 * (int64_t)SECOND }), 0);
		assert_int_equal(unlink(tree_path("db")), 0);
	}
}

static void test_since(void **state)
{
	const int64_t now = 1800000000 * (int64_t)SECOND;	/* 2027-01-15T08:00:00Z */
	static const char *const bad[] = {
		"", "yesterday", "24", "-1h", "2026-13-01", "2026-02-31", "2026-11-20T25:00", "2026-11-20x",
		"2028-01-01", "20000000d",
	};
	int64_t t;

	(void)state;
	setenv("TZ", "Asia/Tokyo", 1);
	tzset();
	assert_int_equal(since__parse("24h", now, &t), 0);
	assert_int_equal(t, now - 86400 * (int64_t)SECOND);
	assert_int_equal(since__parse("2d", now, &t), 0);
	assert_int_equal(t, now - 2 * 86400 * (int64_t)SECOND);
	assert_int_equal(since__parse("2027-01-15T07:30Z", now, &t), 0);
	assert_int_equal(t, now - 1800 * (int64_t)SECOND);
	assert_int_equal(since__parse("2027-01-15T16:30:01", now, &t), 0);
	assert_int_equal(t, now - 1799 * (int64_t)SECOND);
	assert_int_equal(since__parse("2027-01-15", now, &t), 0);
	assert_int_equal(t, now - 17 * 3600 * (int64_t)SECOND);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (!since__parse(bad[i], now, &t))
			fail_msg("'%s' is taken", bad[i]);
}

static void test_ids(void **state)
{
	static const char *const bad[] = {
		"", "x", "5a2d605a", "5a2d605a-0-200", "5a2d605a-0-200-", "5a2d605-0-200-1", "5a2d605a-0-200-1-1",
		"5a2d605a-0-200-12345678901234567", "5A2d605a-0-200-1", "5a2d605a-0x1-200-1",
	};

	(void)state;
	assert_true(query__is_id("5a2d605a-0-200-41e9d3530"));
	assert_true(query__is_id("5a2d605a-ffffffff-ffffffff-ffffffffffffffff"));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (query__is_id(bad[i]))
			fail_msg("'%s' is taken", bad[i]);
}

static void test_sizes(void **state)
{
	uint64_t v;

	(void)state;
	assert_int_equal(size__parse("4096", &v), 0);
	assert_int_equal(v, 4096);
	assert_int_equal(size__parse("3G", &v), 0);
	assert_int_equal(v, 3ull << 30);
	assert_int_equal(size__parse("1k", &v), -EINVAL);
	assert_int_equal(size__parse("-1", &v), -EINVAL);
	assert_int_equal(size__parse("99999999T", &v), -ERANGE);
	assert_int_equal(duration__parse("90d", &v), 0);
	assert_int_equal(v, 90 * 86400 * SECOND);
}

static int try_copy(sqlite3 **out, const char *name, int flags)
{
	int ret = sqlite3_open_v2(name, out, SQLITE_OPEN_READONLY | flags, NULL);

	/* SQLite opens the log when it needs it */
	return ret ? ret : sqlite3_exec(*out, "SELECT count(*) FROM sqlite_schema", NULL, NULL, NULL);
}

/* A database whose writer was killed, with its log, is read from a copy */
static void test_copy(void **state)
{
	struct fixture f = { 0 };
	sqlite3_stmt *stmt;
	char path[512];
	sqlite3 *db;

	(void)state;
	fill(&f, 10);
	strcpy(path, tree_path("db"));
	assert_false(db_copy__log_is_empty(path));
	assert_int_equal(db_copy__read(&db, path, try_copy), 0);
	assert_int_equal(sqlite3_prepare_v2(db, "SELECT count(*) FROM incident", -1, &stmt, NULL), 0);
	assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
	assert_int_equal(sqlite3_column_int(stmt, 0), 11);
	sqlite3_finalize(stmt);
	sqlite3_close(db);
	end(&f);
	assert_true(db_copy__log_is_empty(path));
	assert_string_equal(db_copy__immutable("/a%b?c#d", path, sizeof(path)), "file:/a%25b%3fc%23d?immutable=1");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, tree_setup, tree_teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_schema_1), TEST(test_refused), TEST(test_damaged), TEST(test_row_numbers),
		TEST(test_reserve), TEST(test_filters), TEST(test_since), TEST(test_since_clock), TEST(test_ids),
		TEST(test_sizes), TEST(test_copy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
