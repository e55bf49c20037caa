// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>

#include "schema.h"

/*
 * steps[N] takes a database from schema N to N + 1. A step that was released is
 * never changed: another one is added.
 *
 * Times that end in _ns are CLOCK_BOOTTIME of the incident's boot, 0 = not known;
 * those that end in _utc_ns are CLOCK_REALTIME. Identifiers that are not known are NULL.
 */
static const char *const steps[] = {
	"CREATE TABLE migration (version INTEGER PRIMARY KEY, utc INTEGER NOT NULL);"
	"CREATE TABLE boot ("
	" boot INTEGER PRIMARY KEY, boot_id TEXT NOT NULL UNIQUE, kernel TEXT NOT NULL,"
	" host TEXT NOT NULL, source TEXT NOT NULL, wall_offset_ns INTEGER NOT NULL);"
	"CREATE TABLE incident ("
	" n INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, boot INTEGER NOT NULL REFERENCES boot,"
	" opened_utc_ns INTEGER NOT NULL, smmu INTEGER, sid INTEGER, segment INTEGER, bdf INTEGER,"
	" device TEXT, prod INTEGER, state TEXT NOT NULL, injected INTEGER NOT NULL,"
	" incomplete INTEGER NOT NULL, at_start INTEGER NOT NULL, closed INTEGER NOT NULL,"
	" opened_ns INTEGER NOT NULL, closed_ns INTEGER NOT NULL,"
	" issued_ns INTEGER NOT NULL, raised_ns INTEGER NOT NULL, detected_ns INTEGER NOT NULL,"
	" blocked_ns INTEGER NOT NULL, fenced_ns INTEGER NOT NULL, reset_begin_ns INTEGER NOT NULL,"
	" reset_end_ns INTEGER NOT NULL, recovered_ns INTEGER NOT NULL,"
	" atc_timeouts INTEGER NOT NULL, cmdq_errors INTEGER NOT NULL, suppressed INTEGER NOT NULL,"
	" resets_failed INTEGER NOT NULL, reset_result INTEGER NOT NULL,"
	" events_left_out INTEGER NOT NULL DEFAULT 0);"
	"CREATE INDEX incident_time ON incident (opened_utc_ns);"
	"CREATE INDEX incident_open ON incident (closed) WHERE closed = 0;"
	/* The events around it, in parts, as blocks of a recording (include/atcq/recording.h) */
	"CREATE TABLE slice ("
	" n INTEGER NOT NULL REFERENCES incident ON DELETE CASCADE, part INTEGER NOT NULL,"
	" events INTEGER NOT NULL, bytes BLOB NOT NULL, PRIMARY KEY (n, part)) WITHOUT ROWID;",

	/* What the journal has not been told yet, and what could not be kept */
	"ALTER TABLE incident ADD COLUMN told INTEGER NOT NULL DEFAULT 0;"
	"UPDATE incident SET told = closed;"
	"CREATE INDEX incident_untold ON incident (n) WHERE closed = 1 AND told = 0;"
	"CREATE TABLE loss (from_utc_ns INTEGER NOT NULL, to_utc_ns INTEGER NOT NULL,"
	" incidents INTEGER NOT NULL);",

	/* What can be known of it, what was lost in between, FLRs, and what it cost others */
	"ALTER TABLE incident ADD COLUMN phases INTEGER NOT NULL DEFAULT 255;"
	"ALTER TABLE incident ADD COLUMN gap_from_ns INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE incident ADD COLUMN gap_to_ns INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE incident ADD COLUMN flrs INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE incident ADD COLUMN flr_result INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE incident ADD COLUMN syncs_delayed INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE incident ADD COLUMN sync_delay_ns INTEGER NOT NULL DEFAULT 0;",

	/*
	 * The highest row number of an incident that was deleted: it is not given out again.
	 * AUTOINCREMENT would do the same, but SQLite cannot add it to a table: all rows
	 * would have to be copied, which a full disk has no room for. A trigger also sees
	 * what an administrator deletes.
	 */
	"CREATE TABLE row_number (only INTEGER PRIMARY KEY CHECK (only = 1), deleted INTEGER NOT NULL);"
	"INSERT INTO row_number SELECT 1, ifnull(max(n), 0) FROM incident;"
	"CREATE TRIGGER incident_deleted AFTER DELETE ON incident BEGIN"
	" UPDATE row_number SET deleted = max(deleted, OLD.n); END;"
	/* When it ended by the history's own time (age.h), and what next boots continue that from */
	"CREATE TABLE age (only INTEGER PRIMARY KEY CHECK (only = 1), boot INTEGER NOT NULL REFERENCES boot,"
	" base_ns INTEGER NOT NULL, seen_ns INTEGER NOT NULL);"
	"ALTER TABLE incident ADD COLUMN ended_ns INTEGER;"
	/*
	 * In the order in which they ended. Those that ended before there was such a time come
	 * first, in the order of the wall clock, which is all that is known of them: 2^63 - 1
	 * less makes it negative. A computed column takes no room, and old rows need not be
	 * written for it.
	 */
	"ALTER TABLE incident ADD COLUMN ended_order INTEGER AS (ifnull(ended_ns,"
	" opened_utc_ns + max(closed_ns - opened_ns, 0) - 9223372036854775807)) VIRTUAL;"
	"CREATE INDEX incident_ended ON incident (ended_order) WHERE closed = 1;",
};

_Static_assert(sizeof(steps) / sizeof(steps[0]) == HISTORY_SCHEMA, "a step for each version");

static int pragma(sqlite3 *db, const char *sql, int *value)
{
	sqlite3_stmt *stmt = NULL;
	int ret = sqlite3_prepare_v2(db, sql, -1, &stmt, NULL);

	if (ret == SQLITE_OK) {
		ret = sqlite3_step(stmt);
		*value = ret == SQLITE_ROW ? sqlite3_column_int(stmt, 0) : 0;
		ret = ret == SQLITE_ROW ? SQLITE_OK : ret;
	}
	sqlite3_finalize(stmt);
	return ret;
}

int schema__check(sqlite3 *db, const char *path, char *err, size_t errlen)
{
	int application = 0, version = 0, tables = 0;
	int ret = pragma(db, "PRAGMA application_id", &application);

	if (!ret)
		ret = pragma(db, "PRAGMA user_version", &version);
	if (!ret)
		ret = pragma(db, "SELECT count(*) FROM sqlite_schema", &tables);
	if (ret == SQLITE_NOTADB) {
		snprintf(err, errlen, "%s: is no database", path);
		return -EINVAL;
	}
	if (ret) {
		snprintf(err, errlen, "%s: %s", path, sqlite3_errmsg(db));
		return ret == SQLITE_CORRUPT ? -EINVAL : -EIO;
	}
	if (!application && !version && !tables)
		return 0;
	if (application != HISTORY_APPLICATION || version < 1) {
		snprintf(err, errlen, "%s: is the database of another program, not a history of atcq", path);
		return -EINVAL;
	}
	if (version > HISTORY_SCHEMA) {
		snprintf(err, errlen, "%s: was made by a newer atcq (schema %d, this one knows up to %d): use that one",
			 path, version, HISTORY_SCHEMA);
		return -EPROTONOSUPPORT;
	}
	return version;
}

int schema__migrate(sqlite3 *db, const char *path, char *err, size_t errlen)
{
	char sql[160];
	int version = 0, ret = sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL);

	if (!ret)
		ret = pragma(db, "PRAGMA user_version", &version);
	for (int v = version; !ret && v < HISTORY_SCHEMA; v++) {
		ret = sqlite3_exec(db, steps[v], NULL, NULL, NULL);
		snprintf(sql, sizeof(sql),
			 "INSERT INTO migration VALUES (%d, unixepoch()); PRAGMA user_version = %d; PRAGMA application_id = %d",
			 v + 1, v + 1, HISTORY_APPLICATION);
		if (!ret)
			ret = sqlite3_exec(db, sql, NULL, NULL, NULL);
	}
	if (!ret)
		ret = sqlite3_exec(db, "COMMIT", NULL, NULL, NULL);
	if (ret) {
		snprintf(err, errlen, "%s: %s", path, sqlite3_errmsg(db));
		sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
	}
	return ret;
}
