/* SPDX-License-Identifier: GPL-2.0-only */
/* An incident as a row of the history, in both directions. */
#ifndef ATCQ_HISTORY_ROW_H
#define ATCQ_HISTORY_ROW_H

#include <sqlite3.h>

#include "core/incident.h"

/* The columns that row__read() expects and row__bind() gives, in this order */
#define ROW_COLUMNS ROW_COLUMNS_BEFORE_3 ", phases, gap_from_ns, gap_to_ns, flrs, flr_result," \
	" syncs_delayed, sync_delay_ns"
/* Until schema 3 nobody wrote the others: what they were is known */
#define ROW_COLUMNS_OF_2 ROW_COLUMNS_BEFORE_3 ", 255, 0, 0, 0, 0, 0, 0"
#define ROW_COLUMNS_BEFORE_3 \
	"id, smmu, sid, segment, bdf, device, prod, state, injected, incomplete, at_start, closed," \
	" opened_ns, closed_ns, issued_ns, raised_ns, detected_ns, blocked_ns, fenced_ns," \
	" reset_begin_ns, reset_end_ns, recovered_ns, atc_timeouts, cmdq_errors, suppressed," \
	" resets_failed, reset_result"
#define ROW_COLUMNS_N 34
#define ROW_VALUES \
	"?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19," \
	" ?20, ?21, ?22, ?23, ?24, ?25, ?26, ?27, ?28, ?29, ?30, ?31, ?32, ?33, ?34"

/* Binds parameters 1 ... ROW_COLUMNS_N; 0 or an SQLite code */
int row__bind(sqlite3_stmt *stmt, const struct incident *inc, const char *boot_id);

/*
 * Whoever wrote the row: what makes no sense (a state that is not known, say)
 * becomes unknown and incomplete.
 */
void row__read(sqlite3_stmt *stmt, struct incident *inc);

#endif
