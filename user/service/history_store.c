// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "history.h"
#include "history_internal.h"

enum { INSERT, UPDATE, EVENT_BLOB, END_UNSEEN, LOSS, UNREPORTED, REPORTED, SAVE, KEEP, STATEMENTS };

static const char *const statement_sql[STATEMENTS] = {
	/* The number of a deleted row may still be in use: by the recorder, for its last events */
	[INSERT] = "INSERT INTO incident (" ROW_COLUMNS ", events_left_out, ended_ns, boot, opened_utc_ns, n)"
		" VALUES (" ROW_VALUES ", ?35, ?36, ?37, ?38, 1 + max((SELECT deleted FROM row_number),"
		" (SELECT ifnull(max(n), 0) FROM incident)))",
	[UPDATE] = "UPDATE incident SET (" ROW_COLUMNS ", events_left_out, ended_ns) = (" ROW_VALUES ", ?35, ?36)"
		" WHERE n = ?37",
	[EVENT_BLOB] = "INSERT INTO slice (n, part, events, bytes) VALUES (?1, ?2, ?3, ?4)",
	[END_UNSEEN] = "UPDATE incident SET state = 'unknown', closed = 1, incomplete = 1, ended_ns = ?2 WHERE n = ?1",
	[LOSS] = "INSERT INTO loss (from_utc_ns, to_utc_ns, incidents) VALUES (?1, ?2, ?3)",
	[UNREPORTED] = "SELECT " ROW_COLUMNS ", n, boot_id FROM incident JOIN boot USING (boot)"
		" WHERE closed = 1 AND told = 0 ORDER BY n LIMIT ?1",
	[REPORTED] = "UPDATE incident SET told = 1 WHERE n = ?1",
	[SAVE] = "SAVEPOINT incident",
	[KEEP] = "RELEASE incident",
};

struct store {
	sqlite3 *db;
	int lock;
	sqlite3_stmt *stmt[STATEMENTS];
	char boot_id[40];
	int64_t boot;		/* its row */
	int64_t wall_offset_ns;
	struct age age;
	char error[256];
};

/* Copies SQLite's message: the next call overwrites it, a rollback too */
static int keep_error(struct store *s, int ret)
{
	if (ret)
		snprintf(s->error, sizeof(s->error), "%s", sqlite3_errmsg(s->db));
	return ret;
}

int store__open(struct store **out, const char *path, struct error *err)
{
	struct store *s = calloc(1, sizeof(*s));
	int ret = s ? db__open_write(&s->db, &s->lock, path, err) : -ENOMEM;

	for (int i = 0; !ret && i < STATEMENTS; i++) {
		if (!sqlite3_prepare_v3(s->db, statement_sql[i], -1, SQLITE_PREPARE_PERSISTENT, &s->stmt[i], NULL))
			continue;
		ret = error__set(err, -EINVAL, "%s: %s", path, sqlite3_errmsg(s->db));
	}
	if (ret) {
		if (s && s->db)
			store__close(s);
		else
			free(s);
		s = NULL;
	}
	*out = s;
	return ret;
}

void store__close(struct store *s)
{
	if (!s)
		return;
	for (int i = 0; i < STATEMENTS; i++)
		sqlite3_finalize(s->stmt[i]);
	sqlite3_close(s->db);
	close(s->lock);
	free(s);
}

sqlite3 *store__db(struct store *s)
{
	return s->db;
}

static int run(struct store *s, sqlite3_stmt *stmt)
{
	int ret = sqlite3_step(stmt);

	ret = keep_error(s, ret == SQLITE_DONE || ret == SQLITE_ROW ? SQLITE_OK : ret);
	sqlite3_reset(stmt);
	return ret;
}

static int execute(struct store *s, const char *command)
{
	return keep_error(s, sqlite3_exec(s->db, command, NULL, NULL, NULL));
}

int64_t store__age_at(const struct store *s, uint64_t now_ns)
{
	return age__at(&s->age, now_ns);
}

int store__save_age(struct store *s, uint64_t now_ns)
{
	return keep_error(s, age__save(&s->age, s->db, now_ns));
}

static int put_boot(struct store *s, const struct store_boot *boot, int64_t wall_offset_ns)
{
	sqlite3_stmt *stmt = NULL;
	int ret = sqlite3_prepare_v2(s->db,
		"INSERT INTO boot (boot_id, kernel, host, source, wall_offset_ns) VALUES (?1, ?2, ?3, ?4, ?5)"
		" ON CONFLICT (boot_id) DO UPDATE SET source = ?4, wall_offset_ns = ?5 RETURNING boot",
		-1, &stmt, NULL);

	if (!ret) {
		sqlite3_bind_text(stmt, 1, boot->boot_id, -1, SQLITE_STATIC);
		sqlite3_bind_text(stmt, 2, boot->kernel, -1, SQLITE_STATIC);
		sqlite3_bind_text(stmt, 3, boot->host, -1, SQLITE_STATIC);
		sqlite3_bind_text(stmt, 4, boot->source, -1, SQLITE_STATIC);
		sqlite3_bind_int64(stmt, 5, wall_offset_ns);
		ret = sqlite3_step(stmt);
	}
	if (ret == SQLITE_ROW) {
		s->boot = sqlite3_column_int64(stmt, 0);
		snprintf(s->boot_id, sizeof(s->boot_id), "%s", boot->boot_id);
		s->wall_offset_ns = wall_offset_ns;
		ret = sqlite3_step(stmt);
	}
	ret = keep_error(s, ret == SQLITE_DONE ? SQLITE_OK : ret);
	sqlite3_finalize(stmt);
	return ret;
}

int store__boot(struct store *s, const struct store_boot *boot, int64_t wall_offset_ns, uint64_t now_ns)
{
	int ret = store__start(s);

	if (!ret)
		ret = put_boot(s, boot, wall_offset_ns);
	if (!ret)
		ret = keep_error(s, age__start(&s->age, s->db, s->boot, now_ns));
	if (!ret)
		ret = store__commit(s);
	if (ret)
		store__rollback(s);
	return ret;
}

int store__start(struct store *s)
{
	return execute(s, "BEGIN IMMEDIATE");
}

int store__commit(struct store *s)
{
	return execute(s, "COMMIT");
}

void store__rollback(struct store *s)
{
	if (!sqlite3_get_autocommit(s->db))
		sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
}

int store__save(struct store *s)
{
	return run(s, s->stmt[SAVE]);
}

int store__keep(struct store *s)
{
	return run(s, s->stmt[KEEP]);
}

int store__undo(struct store *s)
{
	return execute(s, "ROLLBACK TO incident; RELEASE incident");
}

/*
 * A damaged page (SQLITE_CORRUPT) may be of one incident only, but a database that is
 * damaged should not grow: the administrator has to know, and all incidents wait.
 */
bool store__only_this_row(const struct store *s, int code)
{
	int kind = code & 0xff;

	return !sqlite3_get_autocommit(s->db) &&
	       (kind == SQLITE_CONSTRAINT || kind == SQLITE_NOTFOUND || kind == SQLITE_MISMATCH ||
		kind == SQLITE_TOOBIG || kind == SQLITE_RANGE);
}

int store__incident(struct store *s, int64_t *n, const struct incident *inc, uint64_t left_out)
{
	sqlite3_stmt *stmt = s->stmt[*n ? UPDATE : INSERT];
	int ret = incident_row__bind(stmt, inc, s->boot_id);

	sqlite3_bind_int64(stmt, ROW_COLUMNS_N + 1, left_out);
	if (inc->closed)
		sqlite3_bind_int64(stmt, ROW_COLUMNS_N + 2, age__at(&s->age, inc->closed_ns));
	else
		sqlite3_bind_null(stmt, ROW_COLUMNS_N + 2);
	if (*n) {
		sqlite3_bind_int64(stmt, ROW_COLUMNS_N + 3, *n);
	} else {
		sqlite3_bind_int64(stmt, ROW_COLUMNS_N + 3, s->boot);
		sqlite3_bind_int64(stmt, ROW_COLUMNS_N + 4, (int64_t)inc->opened_ns + s->wall_offset_ns);
	}
	if (!ret)
		ret = run(s, stmt);
	if (!ret && *n && !sqlite3_changes(s->db)) {
		snprintf(s->error, sizeof(s->error), "its row has been deleted");
		ret = SQLITE_NOTFOUND;
	}
	if (!ret && !*n)
		*n = sqlite3_last_insert_rowid(s->db);
	return ret;
}

int store__event_blob(struct store *s, int64_t n, unsigned int part, unsigned int events,
		      const void *bytes, size_t len)
{
	sqlite3_stmt *stmt = s->stmt[EVENT_BLOB];

	sqlite3_bind_int64(stmt, 1, n);
	sqlite3_bind_int64(stmt, 2, part);
	sqlite3_bind_int64(stmt, 3, events);
	sqlite3_bind_blob64(stmt, 4, bytes, len, SQLITE_STATIC);
	return run(s, stmt);
}

int store__each_open(struct store *s, void (*fn)(void *ctx, const struct store_open *o), void *ctx)
{
	sqlite3_stmt *stmt = NULL;
	int ret = sqlite3_prepare_v2(s->db,
		"SELECT " ROW_COLUMNS ", n, boot, events_left_out,"
		" (SELECT ifnull(max(part) + 1, 0) FROM slice WHERE slice.n = incident.n),"
		" (SELECT ifnull(sum(events), 0) FROM slice WHERE slice.n = incident.n)"
		" FROM incident WHERE closed = 0 ORDER BY n", -1, &stmt, NULL);

	while (!ret && (ret = sqlite3_step(stmt)) == SQLITE_ROW) {
		struct store_open o = {
			.n = sqlite3_column_int64(stmt, ROW_COLUMNS_N),
			.this_boot = sqlite3_column_int64(stmt, ROW_COLUMNS_N + 1) == s->boot,
			.left_out = sqlite3_column_int64(stmt, ROW_COLUMNS_N + 2),
			.parts = sqlite3_column_int(stmt, ROW_COLUMNS_N + 3),
			.events = sqlite3_column_int64(stmt, ROW_COLUMNS_N + 4),
		};

		incident_row__read(stmt, &o.inc);
		fn(ctx, &o);
		ret = SQLITE_OK;
	}
	ret = keep_error(s, ret == SQLITE_DONE ? SQLITE_OK : ret);
	sqlite3_finalize(stmt);
	return ret;
}

int store__end_unseen(struct store *s, int64_t n, uint64_t now_ns)
{
	sqlite3_bind_int64(s->stmt[END_UNSEEN], 1, n);
	sqlite3_bind_int64(s->stmt[END_UNSEEN], 2, age__at(&s->age, now_ns));
	return run(s, s->stmt[END_UNSEEN]);
}

int store__loss(struct store *s, int64_t from_utc_ns, int64_t to_utc_ns, uint64_t incidents)
{
	sqlite3_stmt *stmt = s->stmt[LOSS];

	sqlite3_bind_int64(stmt, 1, from_utc_ns);
	sqlite3_bind_int64(stmt, 2, to_utc_ns);
	sqlite3_bind_int64(stmt, 3, incidents);
	return run(s, stmt);
}

/* @reported: the rows that @fn has reported; 0 or an SQLite code */
static int report_some(struct store *s, int (*fn)(void *ctx, const struct incident *inc, const char *boot_id),
		       void *ctx, int64_t reported[STORE_REPORT_MAX], size_t *n)
{
	sqlite3_stmt *stmt = s->stmt[UNREPORTED];
	struct incident inc;
	int ret;

	sqlite3_bind_int64(stmt, 1, STORE_REPORT_MAX);
	while ((ret = sqlite3_step(stmt)) == SQLITE_ROW && *n < STORE_REPORT_MAX) {
		incident_row__read(stmt, &inc);
		if (fn(ctx, &inc, (const char *)sqlite3_column_text(stmt, ROW_COLUMNS_N + 1)))
			break;
		reported[(*n)++] = sqlite3_column_int64(stmt, ROW_COLUMNS_N);
	}
	ret = keep_error(s, ret == SQLITE_DONE || ret == SQLITE_ROW ? SQLITE_OK : ret);
	sqlite3_reset(stmt);
	return ret;
}

int store__report(struct store *s, int (*fn)(void *ctx, const struct incident *inc, const char *boot_id),
		  void *ctx, size_t *n)
{
	int64_t reported[STORE_REPORT_MAX];
	int ret;

	*n = 0;
	ret = report_some(s, fn, ctx, reported, n);
	if (ret || !*n)
		return ret;
	ret = store__start(s);
	for (size_t i = 0; !ret && i < *n; i++) {
		sqlite3_bind_int64(s->stmt[REPORTED], 1, reported[i]);
		ret = run(s, s->stmt[REPORTED]);
	}
	if (!ret)
		ret = store__commit(s);
	if (ret)
		store__rollback(s);
	return ret;
}

int store__fail(struct store *s, int code)
{
	snprintf(s->error, sizeof(s->error), "%s", sqlite3_errstr(code));
	return code;
}

const char *store__error(const struct store *s)
{
	return s->error;
}
