// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "db.h"
#include "db_copy.h"
#include "schema.h"

#define BUSY_MS 2000	/* a reader that recovers the log holds it for a moment */

/* SQLite gives some names a meaning of their own */
static const char *plain(const char *path, char out[PATH_MAX])
{
	snprintf(out, PATH_MAX, "%s%s", *path == '/' ? "" : "./", path);
	return out;
}

static int check_file(const char *path, bool must_exist, char *err, size_t errlen)
{
	struct stat st;
	int ret = 0;

	if (!*path || strlen(path) > PATH_MAX - 16) {
		snprintf(err, errlen, "'%s' is no name of a file", path);
		return -EINVAL;
	}
	if (stat(path, &st))
		ret = errno == ENOENT && !must_exist ? 0 : -errno;
	else if (S_ISDIR(st.st_mode))
		ret = -EISDIR;
	else if (!S_ISREG(st.st_mode))
		ret = -EMEDIUMTYPE;
	if (ret == -EMEDIUMTYPE)
		snprintf(err, errlen, "%s: is no regular file", path);
	else if (ret)
		snprintf(err, errlen, "%s: %s", path, strerror(-ret));
	return ret == -EISDIR || ret == -EMEDIUMTYPE ? -EINVAL : ret;
}

static int lock_writer(const char *path, int *lock, char *err, size_t errlen)
{
	char name[PATH_MAX];
	int fd;

	snprintf(name, sizeof(name), "%s-lock", path);
	fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0) {
		snprintf(err, errlen, "%s: %s (a history needs a folder that can be written)", name, strerror(errno));
		return -errno;
	}
	if (flock(fd, LOCK_EX | LOCK_NB)) {
		snprintf(err, errlen, "%s: another 'atcq daemon' keeps this history", path);
		close(fd);
		return -EBUSY;
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

static int set_up(sqlite3 *db, const char *path, char *err, size_t errlen)
{
	const char *mode;
	sqlite3_stmt *stmt = NULL;
	int version, ret;

	if (sqlite3_db_readonly(db, "main") == 1) {
		snprintf(err, errlen, "%s: is read-only, and the daemon has to write to it", path);
		return -EROFS;
	}
	version = schema__check(db, path, err, errlen);
	if (version < 0)
		return version;
	/* Room that retention frees can be given back; only an empty database can be told */
	if (!version)
		sqlite3_exec(db, "PRAGMA auto_vacuum = INCREMENTAL", NULL, NULL, NULL);
	ret = sqlite3_prepare_v2(db, "PRAGMA journal_mode = WAL", -1, &stmt, NULL);
	if (!ret)
		ret = sqlite3_step(stmt);
	mode = ret == SQLITE_ROW ? (const char *)sqlite3_column_text(stmt, 0) : NULL;
	if (!mode || strcmp(mode, "wal")) {
		snprintf(err, errlen, "%s: cannot be kept there: %s (needs a local file system with shared memory)",
			 path, mode ? "SQLite has no write-ahead log there" : sqlite3_errmsg(db));
		sqlite3_finalize(stmt);
		return -EIO;
	}
	sqlite3_finalize(stmt);
	ret = sqlite3_exec(db, "PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;"
			   "PRAGMA wal_autocheckpoint = 256", NULL, NULL, NULL);
	if (ret)
		snprintf(err, errlen, "%s: %s", path, sqlite3_errmsg(db));
	else
		ret = schema__migrate(db, path, err, errlen);
	return !ret ? 0 : ret == SQLITE_FULL ? -ENOSPC : -EIO;
}

int db__open_write(sqlite3 **out, int *lock, const char *path, char *err, size_t errlen)
{
	char name[PATH_MAX];
	sqlite3 *db = NULL;
	int ret = check_file(path, false, err, errlen);

	*out = NULL;
	*lock = -1;
	if (!ret)
		ret = lock_writer(path, lock, err, errlen);
	if (ret)
		return ret;
	ret = sqlite3_open_v2(plain(path, name), &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE |
			      SQLITE_OPEN_NOMUTEX, NULL);
	if (ret) {
		snprintf(err, errlen, "%s: %s", path, db ? sqlite3_errmsg(db) : strerror(ENOMEM));
		ret = -EIO;
	} else {
		distrust(db);
		ret = set_up(db, path, err, errlen);
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

/* What is only found out when something is read: no shared memory, no permission */
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

int db__open_read(sqlite3 **out, const char *path, char *err, size_t errlen)
{
	char name[PATH_MAX], uri[3 * PATH_MAX + 32];
	int ret = check_file(path, true, err, errlen), version;

	*out = NULL;
	if (ret)
		return ret;
	if (access(path, R_OK)) {
		snprintf(err, errlen, "%s: %s", path, strerror(errno));
		return -errno;
	}
	ret = try_read(out, plain(path, name), 0);
	/* Nobody writes to it, or there would be the log's shared memory */
	if (ret && db_copy__log_is_empty(path))
		ret = try_read(out, db_copy__immutable(name, uri, sizeof(uri)), SQLITE_OPEN_URI);
	else if (ret)
		ret = db_copy__read(out, path, try_read);
	if (ret) {
		snprintf(err, errlen, "%s: %s", path, sqlite3_errstr(ret));
		return -EIO;
	}
	version = schema__check(*out, path, err, errlen);
	if (!version) {
		snprintf(err, errlen, "%s: is empty, not a history of atcq", path);
		version = -EINVAL;
	}
	if (version < 0) {
		sqlite3_close(*out);
		*out = NULL;
		return version;
	}
	return 0;
}
