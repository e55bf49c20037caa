/* SPDX-License-Identifier: GPL-2.0-only */
/* The tables of the history, and how an older database gets them. */
#ifndef ATCQ_HISTORY_SCHEMA_H
#define ATCQ_HISTORY_SCHEMA_H

#include <sqlite3.h>
#include <stddef.h>

#define HISTORY_SCHEMA	4		/* PRAGMA user_version */
#define HISTORY_APPLICATION 0x41544351	/* PRAGMA application_id: "ATCQ" */

/*
 * Which schema @db has; 0: it is empty. -EINVAL: it belongs to another program,
 * -EPROTONOSUPPORT: to a newer atcq, -EIO: it cannot be read; with a sentence in @err.
 */
int schema__check(sqlite3 *db, const char *path, char *err, size_t errlen);

/* Takes it to HISTORY_SCHEMA, all steps or none; 0, or an SQLite code with a sentence in @err */
int schema__migrate(sqlite3 *db, const char *path, char *err, size_t errlen);

#endif
