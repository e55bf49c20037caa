// SPDX-License-Identifier: GPL-2.0-only
/* Opens the history's file, and brings its tables up to date. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "history.h"
#include "history_internal.h"

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

	/* Whether an incident was reported to the journal, and how many were lost */
	"ALTER TABLE incident ADD COLUMN told INTEGER NOT NULL DEFAULT 0;"
	"UPDATE incident SET told = closed;"
	"CREATE INDEX incident_untold ON incident (n) WHERE closed = 1 AND told = 0;"
	"CREATE TABLE loss (from_utc_ns INTEGER NOT NULL, to_utc_ns INTEGER NOT NULL,"
	" incidents INTEGER NOT NULL);",

	/* Known phases, lost events, FLRs, and the delay of other CMD_SYNCs */
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
	/* When it ended by the history's own time (struct age), and what next boots continue that from */
	"CREATE TABLE age (only INTEGER PRIMARY KEY CHECK (only = 1), boot INTEGER NOT NULL REFERENCES boot,"
	" base_ns INTEGER NOT NULL, seen_ns INTEGER NOT NULL);"
	"ALTER TABLE incident ADD COLUMN ended_ns INTEGER;"
	/*
	 * Sorts incidents by when they ended. Incidents of an older schema have no such time, only
	 * that of the wall clock: they come first, in its order, since subtracting 2^63 - 1 makes
	 * it negative. A computed column takes no space, and needs no rewrite of old rows.
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

/*
 * Which schema @db has; 0: it is empty. -EINVAL: it belongs to another program,
 * -EPROTONOSUPPORT: to a newer atcq, -EIO: it cannot be read; with an error message in @err.
 */
static int schema__check(sqlite3 *db, const char *path, struct error *err)
{
	int application = 0, version = 0, tables = 0;
	int ret = pragma(db, "PRAGMA application_id", &application);

	if (!ret)
		ret = pragma(db, "PRAGMA user_version", &version);
	if (!ret)
		ret = pragma(db, "SELECT count(*) FROM sqlite_schema", &tables);
	if (ret == SQLITE_NOTADB)
		return error__set(err, -EINVAL, "%s: is no database", path);
	if (ret)
		return error__set(err, ret == SQLITE_CORRUPT ? -EINVAL : -EIO, "%s: %s", path, sqlite3_errmsg(db));
	if (!application && !version && !tables)
		return 0;
	if (application != HISTORY_APPLICATION || version < 1)
		return error__set(err, -EINVAL, "%s: is the database of another program, not a history of atcq", path);
	if (version > HISTORY_SCHEMA)
		return error__set(err, -EPROTONOSUPPORT,
				  "%s: was made by a newer atcq (schema %d, this one knows up to %d): use that one",
				  path, version, HISTORY_SCHEMA);
	return version;
}

/* Migrates to HISTORY_SCHEMA, all steps or none; 0, or an SQLite code with a message in @err */
static int schema__migrate(sqlite3 *db, const char *path, struct error *err)
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
		error__describe(err, "%s: %s", path, sqlite3_errmsg(db));
		sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
	}
	return ret;
}

bool db_copy__log_is_empty(const char *path)
{
	char name[PATH_MAX];
	struct stat st;

	snprintf(name, sizeof(name), "%s-wal", path);
	return stat(name, &st) || !st.st_size;
}

const char *db_copy__immutable(const char *path, char *out, size_t len)
{
	size_t n = snprintf(out, len, "file:");

	for (; *path && n + 32 < len; path++)
		n += snprintf(out + n, len - n, strchr("%?#", *path) ? "%%%02x" : "%c", *path);
	snprintf(out + n, len - n, "?immutable=1");
	return out;
}

static int copy(const char *from, const char *to)
{
	int in = open(from, O_RDONLY | O_CLOEXEC), out, ret = 0;
	char buf[65536];
	ssize_t n;

	if (in < 0)
		return -errno;
	out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (out < 0)
		ret = -errno;
	while (!ret && (n = read(in, buf, sizeof(buf))) != 0)
		if (n < 0 || write(out, buf, n) != n)
			ret = n < 0 ? -errno : -ENOSPC;
	close(in);
	if (out >= 0 && close(out) && !ret)
		ret = -errno;
	return ret;
}

int db_copy__read(sqlite3 **out, const char *path, int (*open)(sqlite3 **out, const char *name, int flags))
{
	static const char *const suffixes[] = { "", "-wal", "-shm" };
	const char *tmp = getenv("TMPDIR");
	char dir[PATH_MAX / 2], from[PATH_MAX], to[PATH_MAX];
	int ret = 0;

	if (snprintf(dir, sizeof(dir), "%s/atcq-XXXXXX", tmp && *tmp ? tmp : "/tmp") >= (int)sizeof(dir) ||
	    !mkdtemp(dir))
		return SQLITE_CANTOPEN;
	for (int i = 0; !ret && i < 2; i++) {
		snprintf(from, sizeof(from), "%s%s", path, suffixes[i]);
		snprintf(to, sizeof(to), "%s/db%s", dir, suffixes[i]);
		ret = copy(from, to);
	}
	snprintf(to, sizeof(to), "%s/db", dir);
	ret = ret ? (ret == -ENOSPC ? SQLITE_FULL : SQLITE_CANTOPEN) : open(out, to, 0);
	for (int i = 0; i < 3; i++) {
		snprintf(to, sizeof(to), "%s/db%s", dir, suffixes[i]);
		unlink(to);
	}
	rmdir(dir);
	return ret;
}

#define BUSY_MS 2000	/* a reader that recovers the log holds it for a moment */

/* SQLite gives some names a meaning of their own */
static const char *plain(const char *path, char out[PATH_MAX])
{
	snprintf(out, PATH_MAX, "%s%s", *path == '/' ? "" : "./", path);
	return out;
}

static int check_file(const char *path, bool must_exist, struct error *err)
{
	struct stat st;
	int ret = 0;

	if (!*path || strlen(path) > PATH_MAX - 16)
		return error__set(err, -EINVAL, "'%s' is not a file name", path);
	if (stat(path, &st))
		ret = errno == ENOENT && !must_exist ? 0 : -errno;
	else if (S_ISDIR(st.st_mode))
		ret = -EISDIR;
	else if (!S_ISREG(st.st_mode))
		ret = -EMEDIUMTYPE;
	if (ret == -EMEDIUMTYPE)
		error__describe(err, "%s: is no regular file", path);
	else if (ret)
		error__describe(err, "%s: %s", path, strerror(-ret));
	return ret == -EISDIR || ret == -EMEDIUMTYPE ? -EINVAL : ret;
}

static int lock_writer(const char *path, int *lock, struct error *err)
{
	char name[PATH_MAX];
	int fd;

	snprintf(name, sizeof(name), "%s-lock", path);
	fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		return error__set(err, -errno, "%s: %s (a history needs a folder that can be written)", name,
				  strerror(errno));
	if (flock(fd, LOCK_EX | LOCK_NB)) {
		close(fd);
		return error__set(err, -EBUSY, "%s: another 'atcq daemon' keeps this history", path);
	}
	*lock = fd;
	return 0;
}

static void distrust(sqlite3 *db)
{
	sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_db_config(db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	sqlite3_busy_timeout(db, BUSY_MS);
	sqlite3_exec(db, "PRAGMA cell_size_check = ON; PRAGMA temp_store = MEMORY", NULL, NULL, NULL);
}

static int set_up(sqlite3 *db, const char *path, struct error *err)
{
	const char *mode;
	sqlite3_stmt *stmt = NULL;
	int version, ret;

	if (sqlite3_db_readonly(db, "main") == 1)
		return error__set(err, -EROFS, "%s: is read-only, and the daemon has to write to it", path);
	version = schema__check(db, path, err);
	if (version < 0)
		return version;
	/* Lets retention give space back to the file system; SQLite accepts it in an empty database only */
	if (!version)
		sqlite3_exec(db, "PRAGMA auto_vacuum = INCREMENTAL", NULL, NULL, NULL);
	ret = sqlite3_prepare_v2(db, "PRAGMA journal_mode = WAL", -1, &stmt, NULL);
	if (!ret)
		ret = sqlite3_step(stmt);
	mode = ret == SQLITE_ROW ? (const char *)sqlite3_column_text(stmt, 0) : NULL;
	if (!mode || strcmp(mode, "wal")) {
		error__describe(err, "%s: cannot be kept there: %s (needs a local file system with shared memory)",
				path, mode ? "SQLite has no write-ahead log there" : sqlite3_errmsg(db));
		sqlite3_finalize(stmt);
		return -EIO;
	}
	sqlite3_finalize(stmt);
	ret = sqlite3_exec(db, "PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;"
			   "PRAGMA wal_autocheckpoint = 256", NULL, NULL, NULL);
	if (ret)
		error__describe(err, "%s: %s", path, sqlite3_errmsg(db));
	else
		ret = schema__migrate(db, path, err);
	return !ret ? 0 : ret == SQLITE_FULL ? -ENOSPC : -EIO;
}

int db__open_write(sqlite3 **out, int *lock, const char *path, struct error *err)
{
	char name[PATH_MAX];
	sqlite3 *db = NULL;
	int ret = check_file(path, false, err);

	*out = NULL;
	*lock = -1;
	if (!ret)
		ret = lock_writer(path, lock, err);
	if (ret)
		return ret;
	ret = sqlite3_open_v2(plain(path, name), &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE |
			      SQLITE_OPEN_NOMUTEX, NULL);
	if (ret) {
		ret = error__set(err, -EIO, "%s: %s", path, db ? sqlite3_errmsg(db) : strerror(ENOMEM));
	} else {
		distrust(db);
		ret = set_up(db, path, err);
	}
	if (ret) {
		sqlite3_close(db);
		close(*lock);
		*lock = -1;
		return ret;
	}
	*out = db;
	return 0;
}

/* Errors that only a read shows: no shared memory, no permission */
static int try_read(sqlite3 **out, const char *name, int flags)
{
	sqlite3 *db = NULL;
	int ret = sqlite3_open_v2(name, &db, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX | flags, NULL);

	if (!ret) {
		distrust(db);
		ret = sqlite3_exec(db, "SELECT count(*) FROM sqlite_schema", NULL, NULL, NULL);
	}
	if (ret && ret != SQLITE_NOTADB && ret != SQLITE_CORRUPT) {
		sqlite3_close(db);
		return ret;
	}
	*out = db;	/* the schema's check finds the words for the others */
	return SQLITE_OK;
}

int db__open_read(sqlite3 **out, const char *path, struct error *err)
{
	char name[PATH_MAX], uri[3 * PATH_MAX + 32];
	int ret = check_file(path, true, err), version;

	*out = NULL;
	if (ret)
		return ret;
	if (access(path, R_OK))
		return error__set(err, -errno, "%s: %s", path, strerror(errno));
	ret = try_read(out, plain(path, name), 0);
	/* No process writes to it: the log's shared memory would exist */
	if (ret && db_copy__log_is_empty(path))
		ret = try_read(out, db_copy__immutable(name, uri, sizeof(uri)), SQLITE_OPEN_URI);
	else if (ret)
		ret = db_copy__read(out, path, try_read);
	if (ret)
		return error__set(err, -EIO, "%s: %s", path, sqlite3_errstr(ret));
	version = schema__check(*out, path, err);
	if (!version)
		version = error__set(err, -EINVAL, "%s: is empty, not a history of atcq", path);
	if (version < 0) {
		sqlite3_close(*out);
		*out = NULL;
		return version;
	}
	return 0;
}
