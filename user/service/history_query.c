// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "history.h"
#include "history_internal.h"
#include "source/recording.h"

static void bind_number(sqlite3_stmt *stmt, int i, uint32_t v)
{
	if (v == ATCQ_NONE)
		sqlite3_bind_null(stmt, i);
	else
		sqlite3_bind_int64(stmt, i, v);
}

int incident_row__bind(sqlite3_stmt *stmt, const struct incident *inc, const char *boot_id)
{
	const uint32_t address[] = { inc->smmu, inc->sid, inc->segment, inc->bdf };
	const uint64_t flags[] = {
		inc->injected, inc->incomplete, inc->at_start, inc->closed, inc->opened_ns, inc->closed_ns,
	};
	const int64_t counts[] = {
		inc->atc_timeouts, inc->cmdq_errors, inc->suppressed, inc->resets_failed, inc->reset_result,
		inc->reported_phases, inc->gap_from_ns, inc->gap_to_ns, inc->flrs, inc->flr_result,
		inc->syncs_delayed, inc->sync_delay_ns,
	};
	char id[96], bdf[16];
	int i = 1, ret;

	incident__id(inc, boot_id, id, sizeof(id));
	incident__bdf(inc, bdf);
	ret = sqlite3_bind_text(stmt, i++, id, -1, SQLITE_TRANSIENT);
	for (size_t k = 0; k < 4; k++)
		bind_number(stmt, i++, address[k]);
	if (inc->bdf == ATCQ_NONE)
		sqlite3_bind_null(stmt, i++);
	else
		ret |= sqlite3_bind_text(stmt, i++, bdf, -1, SQLITE_TRANSIENT);
	bind_number(stmt, i++, inc->prod);
	sqlite3_bind_text(stmt, i++, incident_state__name(inc->state), -1, SQLITE_STATIC);
	for (size_t k = 0; k < sizeof(flags) / sizeof(flags[0]); k++)
		sqlite3_bind_int64(stmt, i++, flags[k]);
	for (int p = 0; p < PHASE_MAX; p++)
		sqlite3_bind_int64(stmt, i++, inc->phase_ns[p]);
	for (size_t k = 0; k < sizeof(counts) / sizeof(counts[0]); k++)
		sqlite3_bind_int64(stmt, i++, counts[k]);
	return ret;
}

static uint32_t number(sqlite3_stmt *stmt, int i, struct incident *inc)
{
	int64_t v = sqlite3_column_int64(stmt, i);

	if (sqlite3_column_type(stmt, i) == SQLITE_NULL)
		return ATCQ_NONE;
	if (v >= 0 && v < ATCQ_NONE)
		return v;
	inc->incomplete = true;
	return ATCQ_NONE;
}

static uint64_t whole(sqlite3_stmt *stmt, int i, uint64_t max, struct incident *inc)
{
	int64_t v = sqlite3_column_int64(stmt, i);

	if (v >= 0 && (uint64_t)v <= max)
		return v;
	inc->incomplete = true;
	return 0;
}

static enum incident_state state(sqlite3_stmt *stmt, int i, struct incident *inc)
{
	const char *name = (const char *)sqlite3_column_text(stmt, i);

	for (int s = 0; name && s < INCIDENT_STATES; s++)
		if (!strcmp(name, incident_state__name(s)))
			return s;
	inc->incomplete = true;
	return INCIDENT_UNKNOWN;
}

void incident_row__read(sqlite3_stmt *stmt, struct incident *inc)
{
	int i = 1;	/* the id follows from the rest, and so does the device's address */

	memset(inc, 0, sizeof(*inc));
	inc->smmu = number(stmt, i++, inc);
	inc->sid = number(stmt, i++, inc);
	inc->segment = number(stmt, i++, inc);
	inc->bdf = number(stmt, i++, inc);
	i++;
	inc->prod = number(stmt, i++, inc);
	inc->state = state(stmt, i++, inc);
	inc->injected = sqlite3_column_int(stmt, i++);
	inc->incomplete |= sqlite3_column_int(stmt, i++);
	inc->at_start = sqlite3_column_int(stmt, i++);
	inc->closed = sqlite3_column_int(stmt, i++);
	inc->opened_ns = whole(stmt, i++, INT64_MAX, inc);
	inc->closed_ns = whole(stmt, i++, INT64_MAX, inc);
	for (int p = 0; p < PHASE_MAX; p++)
		inc->phase_ns[p] = whole(stmt, i++, INT64_MAX, inc);
	inc->atc_timeouts = whole(stmt, i++, UINT32_MAX, inc);
	inc->cmdq_errors = whole(stmt, i++, UINT32_MAX, inc);
	inc->suppressed = whole(stmt, i++, INT64_MAX, inc);
	inc->resets_failed = whole(stmt, i++, UINT32_MAX, inc);
	inc->reset_result = sqlite3_column_int(stmt, i++);
	inc->reported_phases = whole(stmt, i++, UINT32_MAX, inc);
	inc->gap_from_ns = whole(stmt, i++, INT64_MAX, inc);
	inc->gap_to_ns = whole(stmt, i++, INT64_MAX, inc);
	inc->flrs = whole(stmt, i++, UINT32_MAX, inc);
	inc->flr_result = sqlite3_column_int(stmt, i++);
	inc->syncs_delayed = whole(stmt, i++, UINT32_MAX, inc);
	inc->sync_delay_ns = whole(stmt, i++, INT64_MAX, inc);
}

/*
 * The wall clock may have been wrong when an incident began (a machine starts in 1970 and
 * learns the time later), or later: it is shown if either is recent enough.
 */
#define WHERE \
	" WHERE (?1 IS NULL OR id = ?1) AND (?2 IS NULL OR device = ?2) AND (?3 IS NULL OR state = ?3)" \
	" AND (opened_utc_ns >= ?4 OR closed = 0 OR opened_utc_ns + closed_ns - opened_ns >= ?4" \
	" OR (SELECT wall_offset_ns FROM boot AS b WHERE b.boot = incident.boot) + max(opened_ns, closed_ns) >= ?4)"

bool query__is_id(const char *text)
{
	int used = 0;

	/* %*x takes a sign and a prefix, too */
	if (strspn(text, "0123456789abcdef-") != strlen(text) || strstr(text, "--"))
		return false;
	sscanf(text, "%*8[0-9a-f]-%*8[0-9a-f]-%*8[0-9a-f]-%*16[0-9a-f]%n", &used);
	return used && !text[used] && text[8] == '-';
}

static int prepare(sqlite3 *db, const char *sql, const struct query *q, sqlite3_stmt **stmt)
{
	int ret = sqlite3_prepare_v2(db, sql, -1, stmt, NULL);

	if (ret)
		return ret;
	sqlite3_bind_text(*stmt, 1, q->incident, -1, SQLITE_STATIC);
	sqlite3_bind_text(*stmt, 2, q->device, -1, SQLITE_STATIC);
	sqlite3_bind_text(*stmt, 3, q->state, -1, SQLITE_STATIC);
	sqlite3_bind_int64(*stmt, 4, q->since_utc_ns ? q->since_utc_ns : INT64_MIN);
	return SQLITE_OK;
}

static void text(char *out, size_t len, sqlite3_stmt *stmt, int column)
{
	const char *v = (const char *)sqlite3_column_text(stmt, column);

	snprintf(out, len, "%s", v ? v : "");
}

/* Only the boots that have an incident in the report */
static int fill_boots(sqlite3 *db, const struct query *q, struct report *r)
{
	sqlite3_stmt *stmt = NULL;
	int ret = prepare(db, "SELECT boot, boot_id, kernel, host, wall_offset_ns FROM boot"
			  " WHERE boot IN (SELECT boot FROM incident" WHERE ") ORDER BY boot", q, &stmt);

	while (!ret && (ret = sqlite3_step(stmt)) == SQLITE_ROW) {
		struct report_boot *b = report__add_boot(r);

		if (!b) {
			ret = SQLITE_NOMEM;
			break;
		}
		b->row = sqlite3_column_int64(stmt, 0);
		text(b->boot_id, sizeof(b->boot_id), stmt, 1);
		text(b->kernel, sizeof(b->kernel), stmt, 2);
		text(b->host, sizeof(b->host), stmt, 3);
		b->wall_offset_ns = sqlite3_column_int64(stmt, 4);
		ret = SQLITE_OK;
	}
	sqlite3_finalize(stmt);
	return ret == SQLITE_DONE ? SQLITE_OK : ret;
}

static void count(struct report *r, const struct incident *inc)
{
	struct tracker_totals *t = &r->totals;

	if (inc->state == INCIDENT_INNOCENT) {
		t->cleared++;
		return;
	}
	t->incidents++;
	t->injected += inc->injected;
	t->recovered += inc->state == INCIDENT_RECOVERED;
	t->removed += inc->state == INCIDENT_REMOVED;
	t->atc_timeouts += inc->atc_timeouts;
	t->cmdq_errors += inc->cmdq_errors;
	t->suppressed += inc->suppressed;
	t->resets_failed += inc->resets_failed;
	t->resets_ok += inc->phase_ns[PHASE_RESET_END] && !inc->reset_result;
}

/* A file that is only read stays at the schema that it has */
static const char *select_incidents(sqlite3 *db)
{
#define SELECT(columns) "SELECT " columns ", boot, opened_utc_ns, events_left_out FROM incident" \
			WHERE " ORDER BY opened_utc_ns, n"
	if (sqlite3_table_column_metadata(db, NULL, "incident", "phases", NULL, NULL, NULL, NULL, NULL))
		return SELECT(ROW_COLUMNS_OF_2);
	return SELECT(ROW_COLUMNS);
#undef SELECT
}

static int fill_incidents(sqlite3 *db, const struct query *q, struct report *r)
{
	sqlite3_stmt *stmt = NULL;
	int ret = prepare(db, select_incidents(db), q, &stmt);
	struct incident inc;

	while (!ret && (ret = sqlite3_step(stmt)) == SQLITE_ROW) {
		int64_t boot = sqlite3_column_int64(stmt, ROW_COLUMNS_N);

		incident_row__read(stmt, &inc);
		inc.opened_utc_ns = sqlite3_column_int64(stmt, ROW_COLUMNS_N + 1);
		r->events_left_out += sqlite3_column_int64(stmt, ROW_COLUMNS_N + 2);
		for (size_t i = 0; i < r->nboots; i++)
			if (r->boots[i].row == boot)
				inc.boot = i;
		count(r, &inc);
		report__add(r, &inc);
		ret = SQLITE_OK;
	}
	sqlite3_finalize(stmt);
	return ret == SQLITE_DONE ? SQLITE_OK : ret;
}

static int on_event(void *ctx, const struct atcq_event *ev)
{
	report__add_event(ctx, ev);
	return 0;
}

static int fill_events(sqlite3 *db, const struct query *q, struct report *r, struct error *err)
{
	sqlite3_stmt *stmt = NULL;
	int ret = prepare(db, "SELECT bytes FROM slice WHERE n IN (SELECT n FROM incident" WHERE
			  ") ORDER BY n, part", q, &stmt), damage;

	while (!ret && (ret = sqlite3_step(stmt)) == SQLITE_ROW) {
		damage = event_blob__decode(sqlite3_column_blob(stmt, 0), sqlite3_column_bytes(stmt, 0), on_event, r);
		if (damage)
			error__describe(err, "some of the events are %s; the rest is shown",
					damage == -EPROTONOSUPPORT ? "from a newer atcq" : "damaged");
		ret = SQLITE_OK;
	}
	sqlite3_finalize(stmt);
	return ret == SQLITE_DONE ? SQLITE_OK : ret;
}

/* Lost incidents; schema 1 did not count them */
static void fill_losses(sqlite3 *db, const struct query *q, struct report *r)
{
	sqlite3_stmt *stmt = NULL;

	if (!sqlite3_prepare_v2(db, "SELECT ifnull(sum(incidents), 0) FROM loss WHERE to_utc_ns >= ?1", -1, &stmt, NULL)) {
		sqlite3_bind_int64(stmt, 1, q->since_utc_ns ? q->since_utc_ns : INT64_MIN);
		if (sqlite3_step(stmt) == SQLITE_ROW)
			r->incidents_lost = sqlite3_column_int64(stmt, 0);
	}
	sqlite3_finalize(stmt);
}

/* One transaction: the daemon may write at the same time */
int query__run(sqlite3 *db, const char *path, const struct query *q, struct report *r, struct error *err)
{
	int ret = sqlite3_exec(db, "BEGIN", NULL, NULL, NULL);

	r->db = path;
	r->source = "history";
	if (!ret)
		ret = fill_boots(db, q, r);
	if (!ret)
		ret = fill_incidents(db, q, r);
	if (!ret && q->incident)
		ret = fill_events(db, q, r, err);
	if (!ret && !q->incident)
		fill_losses(db, q, r);
	if (ret)
		error__describe(err, "%s: %s", path, ret == SQLITE_NOMEM ? sqlite3_errstr(ret) : sqlite3_errmsg(db));
	if (!sqlite3_get_autocommit(db))
		sqlite3_exec(db, "COMMIT", NULL, NULL, NULL);
	if (ret)
		return ret == SQLITE_NOMEM ? -ENOMEM : -EIO;
	report__span_of_boot(r);
	return q->incident && !r->n ? -ENOENT : 0;
}
