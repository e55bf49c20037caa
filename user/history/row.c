// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "row.h"

static void bind_number(sqlite3_stmt *stmt, int i, uint32_t v)
{
	if (v == ATCQ_NONE)
		sqlite3_bind_null(stmt, i);
	else
		sqlite3_bind_int64(stmt, i, v);
}

int row__bind(sqlite3_stmt *stmt, const struct incident *inc, const char *boot_id)
{
	const uint32_t address[] = { inc->smmu, inc->sid, inc->segment, inc->bdf };
	const uint64_t flags[] = {
		inc->injected, inc->incomplete, inc->at_start, inc->closed, inc->opened_ns, inc->closed_ns,
	};
	const int64_t counts[] = {
		inc->atc_timeouts, inc->cmdq_errors, inc->suppressed, inc->resets_failed, inc->reset_result,
		inc->told, inc->gap_from_ns, inc->gap_to_ns, inc->flrs, inc->flr_result,
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
		sqlite3_bind_int64(stmt, i++, inc->stamp[p]);
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

void row__read(sqlite3_stmt *stmt, struct incident *inc)
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
		inc->stamp[p] = whole(stmt, i++, INT64_MAX, inc);
	inc->atc_timeouts = whole(stmt, i++, UINT32_MAX, inc);
	inc->cmdq_errors = whole(stmt, i++, UINT32_MAX, inc);
	inc->suppressed = whole(stmt, i++, INT64_MAX, inc);
	inc->resets_failed = whole(stmt, i++, UINT32_MAX, inc);
	inc->reset_result = sqlite3_column_int(stmt, i++);
	inc->told = whole(stmt, i++, UINT32_MAX, inc);
	inc->gap_from_ns = whole(stmt, i++, INT64_MAX, inc);
	inc->gap_to_ns = whole(stmt, i++, INT64_MAX, inc);
	inc->flrs = whole(stmt, i++, UINT32_MAX, inc);
	inc->flr_result = sqlite3_column_int(stmt, i++);
	inc->syncs_delayed = whole(stmt, i++, UINT32_MAX, inc);
	inc->sync_delay_ns = whole(stmt, i++, INT64_MAX, inc);
}
