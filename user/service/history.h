/* SPDX-License-Identifier: GPL-2.0-only */
/* The history: a database of incidents and the events around them. */
#ifndef ATCQ_SERVICE_HISTORY_H
#define ATCQ_SERVICE_HISTORY_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/incident.h"
#include "lib/log.h"
#include "report/report.h"

/* Opens the history's file: one process at a time may write, any process may read. */

/*
 * Creates @path if there is none, and takes an older schema to the present one.
 * @lock is a descriptor that keeps other writers out until it is closed. 0, or
 * -errno with an error message in @err: -EINVAL or -EPROTONOSUPPORT: the file is no
 * history that this program can write.
 */
int db__open_write(sqlite3 **out, int *lock, const char *path, struct error *err);

/*
 * Also while it is being written, and on a file, folder or file system that is
 * read-only. -ENOENT: there is none. Older schemas are readable as they are.
 */
int db__open_read(sqlite3 **out, const char *path, struct error *err);

/*
 * The history's rows: incidents and the events around them go in, in transactions.
 * One writer, one thread. All functions give 0 or an SQLite code unless said otherwise.
 */

struct store;

/* The boot that new incidents belong to */
struct store_boot {
	char boot_id[40];
	char kernel[65];
	char host[65];
	const char *source;	/* kind of source */
};

/* As db__open_write() */
int store__open(struct store **out, const char *path, struct error *err);
void store__close(struct store *s);	/* NULL is fine */

/*
 * @now_ns: CLOCK_BOOTTIME. @wall_offset_ns: what CLOCK_REALTIME is ahead of that, now;
 * again when it has changed
 */
int store__boot(struct store *s, const struct store_boot *boot, int64_t wall_offset_ns, uint64_t now_ns);

/* The history's own time (struct age) at @now_ns of CLOCK_BOOTTIME, after store__boot() */
int64_t store__age_at(const struct store *s, uint64_t now_ns);

/* To be called every AGE_SAVE_NS, and at the end */
int store__save_age(struct store *s, uint64_t now_ns);

int store__start(struct store *s);	/* a transaction */
int store__commit(struct store *s);
void store__rollback(struct store *s);	/* outside of a transaction, too */

/* A part of a transaction: all that was written since store__save() is kept, or undone */
int store__save(struct store *s);
int store__keep(struct store *s);
int store__undo(struct store *s);

/*
 * Is @code about the row that was to be written, and not about the database? Then the
 * transaction is still open, and other rows can be written.
 */
bool store__only_this_row(const struct store *s, int code);

/*
 * Inserts or replaces; *@n is its row, 0: it has none yet. @left_out: events that are not
 * stored with it. SQLITE_NOTFOUND: the row has been deleted.
 */
int store__incident(struct store *s, int64_t *n, const struct incident *inc, uint64_t left_out);
int store__event_blob(struct store *s, int64_t n, unsigned int part, unsigned int events,
		      const void *bytes, size_t len);

/* An incident that was open when the history was closed */
struct store_open {
	int64_t n;
	struct incident inc;
	bool this_boot;
	unsigned int parts;		/* event_blobs that it has */
	uint64_t events, left_out;
};

/*
 * Calls @fn for each; an invalid row has incident.bdf ATCQ_NONE.  @fn must not
 * change the history.
 */
int store__each_open(struct store *s, void (*fn)(void *ctx, const struct store_open *o), void *ctx);

/* Its end was not seen: for retention it is now, at @now_ns */
int store__end_unseen(struct store *s, int64_t n, uint64_t now_ns);

/* Incidents that could not be kept, between two times of CLOCK_REALTIME */
int store__loss(struct store *s, int64_t from_utc_ns, int64_t to_utc_ns, uint64_t incidents);

/*
 * Calls @fn for closed incidents of any boot that were not reported yet, at most
 * STORE_REPORT_MAX per call; they are reported once it has returned 0. *@n: how many were.
 */
#define STORE_REPORT_MAX 64
int store__report(struct store *s, int (*fn)(void *ctx, const struct incident *inc, const char *boot_id),
		  void *ctx, size_t *n);

/* Why the last of these functions that failed did so; "" if none has. A rollback does not change it */
const char *store__error(const struct store *s);
int store__fail(struct store *s, int code);	/* what failed outside of the store; @code */

sqlite3 *store__db(struct store *s);	/* for retention, and the size of the database */

/*
 * Limits the size of the history database: deletes old incidents, and reserves disk
 * space so that new ones can be stored when the disk is full.
 *
 * The reserve is in two places, as a transaction needs room twice.  The log has its
 * blocks allocated beyond its end (fallocate), and is never truncated below that.
 * In the database free pages are kept: they were written once, so the file has
 * their blocks, and new rows take them before the file grows.  A file system that
 * writes elsewhere what is overwritten (btrfs, ZFS) can promise neither.
 */

struct retention_limits {
	uint64_t age_ns;	/* since the end, by the history's own time (struct age); 0: as old as they want */
	uint64_t bytes;		/* of the database, 0: as large */
	uint64_t reserve;	/* bytes, 0: none */
};

/*
 * Takes the reserve, as far as there is room. To be called at the start and now
 * and then, outside of a transaction. 0 or an SQLite code.
 */
int retention__reserve(sqlite3 *db, const char *path, const struct retention_limits *l);

/* How many incidents were deleted, and why */
struct retention_deleted {
	uint64_t age, size;
};

/* Retention runs this query each second, with a time of the history; it must use an index */
#define RETENTION_CHOOSE "SELECT n FROM incident WHERE closed = 1 AND ended_order <= ?1 ORDER BY ended_order"

/* Must the incident with row @n stay, whatever its age, because it is still being written? */
typedef bool (*retention_in_use_fn)(void *ctx, int64_t n);

/*
 * Deletes incidents that ended too long before @now_ns of the history's own time, and
 * while there is too much those that ended first: a bounded number at each call, and
 * never one that is open or in use. Adds them to @d. *@more: call again soon. To be
 * called outside of a transaction. 0 or an SQLite code.
 */
int retention__retain(sqlite3 *db, const struct retention_limits *l, int64_t now_ns,
		      retention_in_use_fn in_use, void *ctx,
		      struct retention_deleted *d, bool *more);

/* Bytes that the history uses, without free pages */
int64_t retention__used(sqlite3 *db);

/*
 * How old the history's incidents are, for retention: by a clock of the history's own,
 * which cannot be set.
 *
 * A wall clock may be wrong at any time: set by hand, by a time server that is wrong
 * itself, or by an RTC with an empty battery, and a machine that was off for 60 days
 * looks just like one whose clock is 60 days ahead. What is deleted does not come back
 * when the clock is right again. CLOCK_BOOTTIME only ever counts time that passes,
 * suspend included, but starts at 0 with each boot. So the history continues it: its
 * time is that of the last boot, as far as the database knows, plus CLOCK_BOOTTIME.
 *
 * Time during which the machine is off does not count, nor up to AGE_SAVE_NS before a
 * crash. Incidents are therefore kept for longer than asked for, never shorter.
 */

#define AGE_SAVE_NS 600000000000ull

struct age {
	int64_t boot;		/* row of the boot that it continues in, 0: none yet */
	int64_t base_ns;	/* the history's time - CLOCK_BOOTTIME, in this boot */
};

/*
 * Continues the history's time in the boot with row @boot, at @now_ns of its
 * CLOCK_BOOTTIME. It starts at 0 in a database that had none: a new one, or one of an
 * older schema, whose incidents are as old as that. 0 or an SQLite code.
 */
int age__start(struct age *a, sqlite3 *db, int64_t boot, uint64_t now_ns);

/* Stores the time from which the next boot continues; 0 or an SQLite code */
int age__save(const struct age *a, sqlite3 *db, uint64_t now_ns);

/* The history's time at @boot_ns of CLOCK_BOOTTIME */
int64_t age__at(const struct age *a, uint64_t boot_ns);

/* Queries the history, and puts the result into a report. */

/* NULL or 0: any */
struct query {
	const char *incident;	/* its id; the report then has its events */
	const char *device;	/* canonical address */
	const char *state;
	int64_t since_utc_ns;	/* it was open then, or later, by its clock or as that was set later in its boot */
};

/*
 * 0, -ENOENT: there is no incident of that id, -ENOMEM, or -EIO with an error message
 * in @err. @path is borrowed by @r. A damaged event_blob sets @err, but is no error.
 */
int query__run(sqlite3 *db, const char *path, const struct query *q, struct report *r, struct error *err);

/* Does @text look like an incident's id? */
bool query__is_id(const char *text);

/*
 * Records incidents and the events around them: takes incidents from the tracker and
 * events from the source, and writes them to the store on flush. What cannot be
 * written stays in memory, up to a limit, and is counted as lost beyond it. An incident
 * that the database refuses does not stop the others.
 */

#define RECORDER_AROUND_NS 5000000000ull	/* events are stored that far before and after an incident */

/* Closed incidents that wait for the events after them, or for the disk */
#define RECORDER_TAILS	4096
/* With more of them waiting, only events of the incident's own device are stored */
#define RECORDER_STORM	256

struct recorder;

struct recorder_totals {
	uint64_t kept;			/* closed incidents that are on disk */
	uint64_t lost;			/* closed incidents that were never stored */
	uint64_t events_left_out;	/* not stored with their incident */
	uint64_t write_errors;
	uint64_t refused;		/* incidents that the database did not take, or not all of */
};

/* @inc will not be written any more, because of @reason. Must not call recorder or store */
typedef void (*recorder_refused_fn)(void *ctx, const struct incident *inc, const char *reason);

struct recorder *recorder__new(struct store *s, const char *boot_id);	/* NULL: no memory */
void recorder__free(struct recorder *k);	/* NULL is fine; writes nothing */
void recorder__set_refused(struct recorder *k, recorder_refused_fn fn, void *ctx);

/* For the tracker and the source; neither does I/O */
void recorder__phase(struct recorder *k, const struct incident *inc, enum phase phase);
void recorder__event(struct recorder *k, const struct atcq_event *ev);

/*
 * Continues an incident that was open when the history was closed if it is certainly
 * the same: its device has been blocked since before it was seen fenced, in this very
 * boot. Otherwise it is closed as unknown. To be called once, after @t has the devices'
 * present state, at @now_ns of CLOCK_BOOTTIME.  0 or an SQLite code.
 */
int recorder__resume(struct recorder *k, struct tracker *t, uint64_t now_ns);

/*
 * Writes what is due at @now_ns (CLOCK_BOOTTIME): changed incidents at once, their
 * events once a second, @all: everything. 0, or an SQLite code when that failed;
 * then it is tried again at the first call a second later.
 */
int recorder__flush(struct recorder *k, uint64_t now_ns, bool all);

/* Is something of the incident with row @n still to be written? Then it must not be deleted */
bool recorder__writes(const struct recorder *k, int64_t n);

/* The last attempt to write failed */
bool recorder__failing(const struct recorder *k);
const struct recorder_totals *recorder__totals(const struct recorder *k);

#endif
