// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

#include "room.h"

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

int64_t room__used(sqlite3 *db)
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
	/* Where this is not possible there is no reserve, and the database has its own */
	if (fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, bytes))
		errno = 0;
	close(fd);
}

/* Whoever was killed in between left it, too */
static void drop_filler(sqlite3 *db)
{
	if (pragma(db, "SELECT count(*) FROM sqlite_schema WHERE name = 'filler'"))
		sqlite3_exec(db, "DROP TABLE filler", NULL, NULL, NULL);
}

int room__reserve(sqlite3 *db, const char *path, const struct room_limits *l)
{
	int64_t size = pragma(db, "PRAGMA page_size"), want = size ? l->reserve / size : 0, free_pages;
	char sql[192];
	int ret;

	drop_filler(db);
	if (!l->reserve)
		return SQLITE_OK;
	free_pages = pragma(db, "PRAGMA freelist_count");
	reserve_log(path, l->reserve);
	snprintf(sql, sizeof(sql), "PRAGMA journal_size_limit = %llu", (unsigned long long)l->reserve);
	ret = sqlite3_exec(db, sql, NULL, NULL, NULL);
	if (ret || free_pages >= want / 2)
		return ret;
	/* In two transactions: pages that are freed in the one that made them are never written */
	snprintf(sql, sizeof(sql), "BEGIN IMMEDIATE; CREATE TABLE filler (bytes BLOB);"
		 "INSERT INTO filler VALUES (zeroblob(%lld)); COMMIT",
		 (long long)((want - free_pages) * size));
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

/* Returns how many went, or -1 with the code in *@ret */
static int delete_some(sqlite3 *db, const char *where, int64_t bound, int *ret)
{
	sqlite3_stmt *stmt = NULL;
	char sql[256];

	snprintf(sql, sizeof(sql), "DELETE FROM incident WHERE n IN (SELECT n FROM incident"
		 " WHERE closed = 1 AND %s ORDER BY opened_utc_ns LIMIT %d)", where, DELETE_AT_ONCE);
	*ret = sqlite3_prepare_v2(db, sql, -1, &stmt, NULL);
	if (!*ret) {
		sqlite3_bind_int64(stmt, 1, bound);
		*ret = sqlite3_step(stmt);
		*ret = *ret == SQLITE_DONE ? SQLITE_OK : *ret;
	}
	sqlite3_finalize(stmt);
	return *ret ? -1 : sqlite3_changes(db);
}

/* Free pages beyond the reserve go back to the file system */
static int give_back(sqlite3 *db, const struct room_limits *l)
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

int room__retain(sqlite3 *db, const struct room_limits *l, int64_t now_utc_ns, uint64_t *deleted, int *more)
{
	int ret = 0, n = 0;

	*more = 0;
	if (l->age_ns && now_utc_ns > 0 && l->age_ns < (uint64_t)now_utc_ns)
		n = delete_some(db, "opened_utc_ns < ?1", now_utc_ns - (int64_t)l->age_ns, &ret);
	if (n > 0)
		*deleted += n;
	*more |= n == DELETE_AT_ONCE;
	if (!ret && l->bytes && room__used(db) > (int64_t)l->bytes) {
		n = delete_some(db, "?1 = ?1", 0, &ret);
		if (n > 0)
			*deleted += n;
		*more |= n > 0;
	}
	return ret ? ret : give_back(db, l);
}
