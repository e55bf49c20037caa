/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How much room the history takes: retention, and a reserve for the day when
 * somebody else fills the disk.
 *
 * The reserve is in two places, as a transaction needs room twice.  The log has its
 * blocks allocated beyond its end (fallocate), and is never truncated below that.
 * In the database free pages are kept: they were written once, so the file has
 * their blocks, and new rows take them before the file grows.  A file system that
 * writes elsewhere what is overwritten (btrfs, ZFS) can promise neither.
 */
#ifndef ATCQ_HISTORY_ROOM_H
#define ATCQ_HISTORY_ROOM_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

struct room_limits {
	uint64_t age_ns;	/* since the end, by the history's own time (age.h); 0: as old as they want */
	uint64_t bytes;		/* of the database, 0: as large */
	uint64_t reserve;	/* bytes, 0: none */
};

/*
 * Takes the reserve, as far as there is room. To be called at the start and now
 * and then, outside of a transaction. 0 or an SQLite code.
 */
int room__reserve(sqlite3 *db, const char *path, const struct room_limits *l);

/* How many incidents were deleted, and why */
struct room_deleted {
	uint64_t age, size;
};

/* What retention asks each second, with a time of the history; it has to be answered by an index */
#define ROOM_CHOOSE "SELECT n FROM incident WHERE closed = 1 AND ended_order <= ?1 ORDER BY ended_order"

/* Must the incident with row @n stay, whatever its age, because it is still being written? */
typedef bool (*room_in_use_fn)(void *ctx, int64_t n);

/*
 * Deletes incidents that ended too long before @now_ns of the history's own time, and
 * while there is too much those that ended first: a bounded number at each call, and
 * never one that is open or in use. Adds them to @d. *@more: call again soon. To be
 * called outside of a transaction. 0 or an SQLite code.
 */
int room__retain(sqlite3 *db, const struct room_limits *l, int64_t now_ns, room_in_use_fn in_use, void *ctx,
		 struct room_deleted *d, bool *more);

/* What the history has in use, without the free pages */
int64_t room__used(sqlite3 *db);

#endif
