/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The history's rows: incidents and the events around them go in, in transactions.
 * One writer, one thread. All functions give 0 or an SQLite code unless said otherwise.
 */
#ifndef ATCQ_HISTORY_STORE_H
#define ATCQ_HISTORY_STORE_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/incident.h"

struct store;

/* What the incidents to come are of */
struct store_boot {
	char boot_id[40];
	char kernel[65];
	char host[65];
	const char *source;	/* kind of source */
};

/* As db__open_write() */
int store__open(struct store **out, const char *path, char *err, size_t errlen);
void store__close(struct store *s);	/* NULL is fine */

/*
 * @now_ns: CLOCK_BOOTTIME. @wall_offset_ns: what CLOCK_REALTIME is ahead of that, now;
 * again when it has changed
 */
int store__boot(struct store *s, const struct store_boot *boot, int64_t wall_offset_ns, uint64_t now_ns);

/* The history's own time (age.h) at @now_ns of CLOCK_BOOTTIME, after store__boot() */
int64_t store__age_at(const struct store *s, uint64_t now_ns);

/* To be called every AGE_SAVE_NS, and at the end */
int store__save_age(struct store *s, uint64_t now_ns);

int store__begin(struct store *s);
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
 * Puts or replaces; *@n is its row, 0: it has none yet. @left_out: events that its slice
 * lacks. SQLITE_NOTFOUND: the row has been deleted.
 */
int store__incident(struct store *s, int64_t *n, const struct incident *inc, uint64_t left_out);
int store__slice(struct store *s, int64_t n, unsigned int part, unsigned int events,
		 const void *bytes, size_t len);

/* An incident that was open when the history was closed */
struct store_open {
	int64_t n;
	struct incident inc;
	bool this_boot;
	unsigned int parts;		/* of its slice */
	uint64_t events, left_out;
};

/*
 * Calls @fn for each; a row that makes no sense has incident.bdf ATCQ_NONE.  It
 * must not change the history.
 */
int store__each_open(struct store *s, void (*fn)(void *ctx, const struct store_open *o), void *ctx);

/* Its end was not seen: for retention it is now, at @now_ns */
int store__end_unseen(struct store *s, int64_t n, uint64_t now_ns);

/* Incidents that could not be kept, between two times of CLOCK_REALTIME */
int store__loss(struct store *s, int64_t from_utc_ns, int64_t to_utc_ns, uint64_t incidents);

/*
 * Calls @fn for incidents that are over and were not told yet, of any boot, at most
 * STORE_TELL at once; they are told once it has returned 0. *@n: how many were.
 */
#define STORE_TELL 64
int store__tell(struct store *s, int (*fn)(void *ctx, const struct incident *inc, const char *boot_id),
		void *ctx, size_t *n);

/* Why the last of these functions that failed did so; "" if none has. A rollback does not change it */
const char *store__error(const struct store *s);
int store__fail(struct store *s, int code);	/* what failed outside of the store; @code */

sqlite3 *store__db(struct store *s);	/* for what is not about single incidents: room, retention */

#endif
