/* SPDX-License-Identifier: GPL-2.0-only */
/* Internal to the history. */
#ifndef ATCQ_SERVICE_HISTORY_INTERNAL_H
#define ATCQ_SERVICE_HISTORY_INTERNAL_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <atcq/event.h>

#include "core/incident.h"

/*
 * A database in a folder that cannot be written, as a copy or a medium has it:
 * SQLite can't make the shared memory there that its log needs. Internal to history_db.c.
 */

bool db_copy__log_is_empty(const char *path);

/* The name under which SQLite reads @path without the log; @path begins with '/' or '.' */
const char *db_copy__immutable(const char *path, char *out, size_t len);

/*
 * Copies database and log to a temporary folder, opens the copy by @open, and deletes
 * the folder; the open database stays readable. An SQLite code.
 */
int db_copy__read(sqlite3 **out, const char *path, int (*open)(sqlite3 **out, const char *name, int flags));

/* The tables of the history, and how an older database gets them. */

#define HISTORY_SCHEMA	4		/* PRAGMA user_version */
#define HISTORY_APPLICATION 0x41544351	/* PRAGMA application_id: "ATCQ" */

/* An incident as a row of the history, in both directions. */

/* The columns that incident_row__read() expects and incident_row__bind() gives, in this order */
#define ROW_COLUMNS ROW_COLUMNS_BEFORE_3 ", phases, gap_from_ns, gap_to_ns, flrs, flr_result," \
	" syncs_delayed, sync_delay_ns"
/* Before schema 3 these columns did not exist: their values are constant */
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
int incident_row__bind(sqlite3_stmt *stmt, const struct incident *inc, const char *boot_id);

/*
 * An invalid value (for example an unknown state) makes the incident unknown and
 * incomplete.
 */
void incident_row__read(sqlite3_stmt *stmt, struct incident *inc);

/*
 * The latest events, in a ring of a fixed size. Each has a number, 0, 1,
 * 2 ..., so that a range of them is two numbers. A reader detects
 * overwritten events by a gap in the numbers. No I/O.
 */

#define RING_EVENTS 16384	/* a power of two; 1.3 MB */

struct event_ring {
	uint64_t next;		/* number of the next event */
	struct atcq_event ev[RING_EVENTS];
};

/* @seq is from ring__first() on, and before next */
static inline const struct atcq_event *ring__at(const struct event_ring *r, uint64_t seq)
{
	return &r->ev[seq & (RING_EVENTS - 1)];
}

/* Chooses the events in the ring that belong to an incident. No I/O. */

/* Limits of one incident */
#define GATHER_OWN	8192	/* events of its device and its CMD_SYNC */
#define GATHER_OTHERS	1024	/* others of its SMMU */
#define GATHER_MAX	(GATHER_OWN + GATHER_OTHERS)

/* How far the events of an incident were gathered */
struct gather {
	uint64_t from;			/* the next event to check */
	uint32_t own, others;		/* taken */
	uint64_t left_out;		/* beyond the limits, or overwritten before they were gathered */
};

#endif
