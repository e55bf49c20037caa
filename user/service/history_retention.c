// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stddef.h>
#include <stdio.h>
#include <unistd.h>

#include "history.h"

/* Values of a damaged database may be wrong, but must not overflow */
static int64_t sum(int64_t a, int64_t b)
{
	int64_t v;

	return __builtin_add_overflow(a, b, &v) ? 0 : v;
}

int64_t age__at(const struct age *a, uint64_t boot_ns)
{
	return sum(a->base_ns, boot_ns);
}

static int put(const struct age *a, sqlite3 *db, int64_t seen_ns)
{
	sqlite3_stmt *stmt = NULL;
	int ret = sqlite3_prepare_v2(db, "REPLACE INTO age (only, boot, base_ns, seen_ns) VALUES (1, ?1, ?2, ?3)",
				     -1, &stmt, NULL);

	if (!ret) {
		sqlite3_bind_int64(stmt, 1, a->boot);
		sqlite3_bind_int64(stmt, 2, a->base_ns);
		sqlite3_bind_int64(stmt, 3, seen_ns);
		ret = sqlite3_step(stmt);
	}
	sqlite3_finalize(stmt);
	return ret == SQLITE_DONE ? SQLITE_OK : ret;
}

int age__start(struct age *a, sqlite3 *db, int64_t boot, uint64_t now_ns)
{
	struct age next = { .boot = boot, .base_ns = -(int64_t)now_ns };
	sqlite3_stmt *stmt = NULL;
	int ret;

	if (a->boot == boot)
		return SQLITE_OK;
	ret = sqlite3_prepare_v2(db, "SELECT boot, base_ns, seen_ns FROM age", -1, &stmt, NULL);
	if (!ret)
		ret = sqlite3_step(stmt);
	if (ret == SQLITE_ROW) {
		/* A boot starts after the one before has ended */
		next.base_ns = sqlite3_column_int64(stmt, sqlite3_column_int64(stmt, 0) == boot ? 1 : 2);
		ret = SQLITE_DONE;
	}
	sqlite3_finalize(stmt);
	if (ret == SQLITE_DONE)
		ret = put(&next, db, age__at(&next, now_ns));
	if (!ret)
		*a = next;
	return ret;
}

int age__save(const struct age *a, sqlite3 *db, uint64_t now_ns)
{
	return put(a, db, age__at(a, now_ns));
}

#define DELETE_AT_ONCE	64	/* incidents: a transaction must stay short */
#define VACUUM_AT_ONCE	256	/* pages */

static int64_t pragma(sqlite3 *db, const char *sql)
{
	sqlite3_stmt *stmt = NULL;
	int64_t v = 0;

	if (!sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) && sqlite3_step(stmt) == SQLITE_ROW)
		v = sqlite3_column_int64(stmt, 0);
	sqlite3_finalize(stmt);
	return v;
}

int64_t retention__used(sqlite3 *db)
{
	return (pragma(db, "PRAGMA page_count") - pragma(db, "PRAGMA freelist_count")) *
	       pragma(db, "PRAGMA page_size");
}

static void reserve_log(const char *path, uint64_t bytes)
{
	char name[PATH_MAX];
	int fd;

	snprintf(name, sizeof(name), "%s-wal", path);
	fd = open(name, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return;
	/* A file system without fallocate has no reserve in the log; the database has its own */
	if (fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, bytes))
		errno = 0;
	close(fd);
}

/* A process that was killed before its second transaction also left it behind */
static void drop_filler(sqlite3 *db)
{
	if (pragma(db, "SELECT count(*) FROM sqlite_schema WHERE name = 'filler'"))
		sqlite3_exec(db, "DROP TABLE filler", NULL, NULL, NULL);
}

int retention__reserve(sqlite3 *db, const char *path, const struct retention_limits *l)
{
	int64_t size = pragma(db, "PRAGMA page_size"), needed = size ? l->reserve / size : 0, free_pages;
	char sql[192];
	int ret;

	drop_filler(db);
	if (!l->reserve)
		return SQLITE_OK;
	free_pages = pragma(db, "PRAGMA freelist_count");
	reserve_log(path, l->reserve);
	snprintf(sql, sizeof(sql), "PRAGMA journal_size_limit = %llu", (unsigned long long)l->reserve);
	ret = sqlite3_exec(db, sql, NULL, NULL, NULL);
	if (ret || free_pages >= needed / 2)
		return ret;
	/* In two transactions: pages that are freed in the one that made them are never written */
	snprintf(sql, sizeof(sql), "BEGIN IMMEDIATE; CREATE TABLE filler (bytes BLOB);"
		 "INSERT INTO filler VALUES (zeroblob(%lld)); COMMIT",
		 (long long)((needed - free_pages) * size));
	ret = sqlite3_exec(db, sql, NULL, NULL, NULL);
	if (!ret)
		ret = sqlite3_exec(db, "PRAGMA wal_checkpoint(RESTART)", NULL, NULL, NULL);
	else if (!sqlite3_get_autocommit(db))
		sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
	drop_filler(db);
	if (!ret)
		reserve_log(path, l->reserve);
	return ret;
}

/* Chooses the oldest rows that ended until @until_ns and are not in use; 0 or an SQLite code */
static int choose(sqlite3 *db, int64_t until_ns, retention_in_use_fn in_use, void *ctx, int64_t n[DELETE_AT_ONCE],
		  int *count)
{
	sqlite3_stmt *stmt = NULL;
	int ret = sqlite3_prepare_v2(db, RETENTION_CHOOSE, -1, &stmt, NULL);

	*count = 0;
	if (!ret)
		sqlite3_bind_int64(stmt, 1, until_ns);
	while (!ret && *count < DELETE_AT_ONCE && (ret = sqlite3_step(stmt)) == SQLITE_ROW) {
		n[*count] = sqlite3_column_int64(stmt, 0);
		*count += !in_use(ctx, n[*count]);
		ret = SQLITE_OK;
	}
	sqlite3_finalize(stmt);
	return ret == SQLITE_DONE ? SQLITE_OK : ret;
}

static int delete_rows(sqlite3 *db, const int64_t *n, int count)
{
	sqlite3_stmt *stmt = NULL;
	int ret = sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL);

	if (!ret)
		ret = sqlite3_prepare_v2(db, "DELETE FROM incident WHERE n = ?1", -1, &stmt, NULL);
	for (int i = 0; !ret && i < count; i++) {
		sqlite3_bind_int64(stmt, 1, n[i]);
		ret = sqlite3_step(stmt);
		ret = ret == SQLITE_DONE ? SQLITE_OK : ret;
		sqlite3_reset(stmt);
	}
	sqlite3_finalize(stmt);
	if (!ret)
		ret = sqlite3_exec(db, "COMMIT", NULL, NULL, NULL);
	if (ret && !sqlite3_get_autocommit(db))
		sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
	return ret;
}

/* *@deleted: how many went */
static int delete_some(sqlite3 *db, int64_t until_ns, retention_in_use_fn in_use, void *ctx, int *deleted)
{
	int64_t n[DELETE_AT_ONCE];
	int count, ret = choose(db, until_ns, in_use, ctx, n, &count);

	if (!ret && count)
		ret = delete_rows(db, n, count);
	*deleted = ret ? 0 : count;
	return ret;
}

/* Free pages beyond the reserve go back to the file system */
static int give_back(sqlite3 *db, const struct retention_limits *l)
{
	int64_t size = pragma(db, "PRAGMA page_size"), spare = pragma(db, "PRAGMA freelist_count");
	char sql[64];

	if (size)
		spare -= 2 * l->reserve / size + VACUUM_AT_ONCE;
	if (!size || spare <= 0)
		return SQLITE_OK;
	snprintf(sql, sizeof(sql), "PRAGMA incremental_vacuum(%d)", VACUUM_AT_ONCE);
	return sqlite3_exec(db, sql, NULL, NULL, NULL);
}

int retention__retain(sqlite3 *db, const struct retention_limits *l, int64_t now_ns,
		      retention_in_use_fn in_use, void *ctx,
		      struct retention_deleted *d, bool *more)
{
	int ret = 0, n;

	*more = false;
	/* The history's time began at 0: nothing is older than @now_ns */
	if (l->age_ns && now_ns > 0 && l->age_ns < (uint64_t)now_ns) {
		ret = delete_some(db, now_ns - (int64_t)l->age_ns, in_use, ctx, &n);
		d->age += n;
		*more = n == DELETE_AT_ONCE;
	}
	if (!ret && l->bytes && retention__used(db) > (int64_t)l->bytes) {
		ret = delete_some(db, INT64_MAX, in_use, ctx, &n);
		d->size += n;
		*more |= n > 0;
	}
	return ret ? ret : give_back(db, l);
}
