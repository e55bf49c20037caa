/* SPDX-License-Identifier: GPL-2.0-only */
/* Opens the history's file: to write, by one process at a time, or to read, by anybody. */
#ifndef ATCQ_HISTORY_DB_H
#define ATCQ_HISTORY_DB_H

#include <sqlite3.h>
#include <stddef.h>

/*
 * Creates @path if there is none, and takes an older schema to the present one.
 * @lock is a descriptor that keeps other writers out until it is closed. 0, or
 * -errno with a sentence in @err: -EINVAL or -EPROTONOSUPPORT: what is there is
 * nothing that this program can keep a history in; else it could not be done.
 */
int db__open_write(sqlite3 **out, int *lock, const char *path, char *err, size_t errlen);

/*
 * Also while it is being written, and on a file, folder or file system that is
 * read-only. -ENOENT: there is none. Older schemas are readable as they are.
 */
int db__open_read(sqlite3 **out, const char *path, char *err, size_t errlen);

#endif
