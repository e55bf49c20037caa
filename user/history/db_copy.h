/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A database in a folder that cannot be written, as a copy or a medium has it:
 * SQLite can't make the shared memory there that its log needs. Internal to db.c.
 */
#ifndef ATCQ_HISTORY_DB_COPY_H
#define ATCQ_HISTORY_DB_COPY_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>

bool db_copy__log_is_empty(const char *path);

/* The name under which SQLite reads @path without the log; @path begins with '/' or '.' */
const char *db_copy__immutable(const char *path, char *out, size_t len);

/*
 * Copies database and log to a folder of its own, opens that by @open, and
 * deletes it again, which takes nothing from who has it open. An SQLite code.
 */
int db_copy__read(sqlite3 **out, const char *path, int (*open)(sqlite3 **out, const char *name, int flags));

#endif
