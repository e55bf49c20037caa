/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Keeps incidents and the events around them: takes what the tracker tells and
 * what the source gives, and writes it to the store when asked. What cannot be
 * written stays in memory, up to a limit, and is counted beyond it. An incident that
 * the database takes exception to is refused, and does not stop the others.
 */
#ifndef ATCQ_HISTORY_KEEPER_H
#define ATCQ_HISTORY_KEEPER_H

#include "store.h"

#define KEEPER_AROUND_NS 5000000000ull	/* a slice begins and ends so far from its incident */

/* Incidents that are over and still waiting, for the end of their slice or for the disk */
#define KEEPER_TAILS	4096
/* With so many of them the slices have their own events only */
#define KEEPER_STORM	256

struct keeper;

struct keeper_totals {
	uint64_t kept;			/* incidents that are over and on disk */
	uint64_t lost;			/* ... that are not, and won't be */
	uint64_t events_left_out;	/* that slices lack */
	uint64_t write_errors;
	uint64_t refused;		/* incidents that the database did not take, or not all of */
};

/* @inc will not be written any more, for the reason @why. Must not call keeper or store */
typedef void (*keeper_refused_fn)(void *ctx, const struct incident *inc, const char *why);

struct keeper *keeper__new(struct store *s, const char *boot_id);	/* NULL: no memory */
void keeper__free(struct keeper *k);	/* NULL is fine; writes nothing */
void keeper__set_refused(struct keeper *k, keeper_refused_fn fn, void *ctx);

/* For the tracker and the source; neither does I/O */
void keeper__phase(struct keeper *k, const struct incident *inc, enum phase phase);
void keeper__event(struct keeper *k, const struct atcq_event *ev);

/*
 * What was open when the history was closed goes on if it is clear that it is the
 * same: its device has been blocked since before it was seen fenced, in this very
 * boot. Else it is ended as unknown. To be called once, after the devices' present
 * state was shown to @t, at @now_ns of CLOCK_BOOTTIME.  0 or an SQLite code.
 */
int keeper__resume(struct keeper *k, struct tracker *t, uint64_t now_ns);

/*
 * Writes what is due at @now_ns (CLOCK_BOOTTIME): changed incidents at once, their
 * events once a second, @all: everything. 0, or an SQLite code when that failed;
 * then it is tried again at the first call a second later.
 */
int keeper__flush(struct keeper *k, uint64_t now_ns, bool all);

/* Is something of the incident with row @n still to be written? Then it must not be deleted */
bool keeper__writes(const struct keeper *k, int64_t n);

/* The last attempt to write failed */
bool keeper__failing(const struct keeper *k);
const struct keeper_totals *keeper__totals(const struct keeper *k);

#endif
