/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How old the history's incidents are, for retention: by a clock of the history's own,
 * which cannot be set.
 *
 * A wall clock may be wrong at any time: set by hand, by a time server that is wrong
 * itself, or by an RTC with an empty battery, and a machine that was off for 60 days
 * looks just like one whose clock is 60 days ahead. What is deleted does not come back
 * when the clock is right again. CLOCK_BOOTTIME only ever counts time that passes,
 * suspend included, but begins at 0 with each boot. So the history continues it: its
 * time is that of the last boot, as far as the database knows, plus CLOCK_BOOTTIME.
 *
 * Time during which the machine is off does not count, nor up to AGE_SAVE_NS before a
 * crash. Incidents are therefore kept for longer than asked for, never shorter.
 */
#ifndef ATCQ_HISTORY_AGE_H
#define ATCQ_HISTORY_AGE_H

#include <sqlite3.h>
#include <stdint.h>

#define AGE_SAVE_NS 600000000000ull

struct age {
	int64_t boot;		/* row of the boot that it continues in, 0: none yet */
	int64_t base_ns;	/* the history's time - CLOCK_BOOTTIME, in this boot */
};

/*
 * Continues the history's time in the boot with row @boot, at @now_ns of its
 * CLOCK_BOOTTIME. It begins at 0 in a database that had none: a new one, or one of an
 * older schema, whose incidents are as old as that. 0 or an SQLite code.
 */
int age__begin(struct age *a, sqlite3 *db, int64_t boot, uint64_t now_ns);

/* What the next boot will continue from; 0 or an SQLite code */
int age__save(const struct age *a, sqlite3 *db, uint64_t now_ns);

/* The history's time at @boot_ns of CLOCK_BOOTTIME */
int64_t age__at(const struct age *a, uint64_t boot_ns);

#endif
