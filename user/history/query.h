/* SPDX-License-Identifier: GPL-2.0-only */
/* Asks the history, and puts the answer into a report. */
#ifndef ATCQ_HISTORY_QUERY_H
#define ATCQ_HISTORY_QUERY_H

#include <sqlite3.h>

#include "report/report.h"

/* NULL or 0: any */
struct query {
	const char *incident;	/* its id; its events come, too */
	const char *device;	/* canonical address */
	const char *state;
	int64_t since_utc_ns;	/* it was open then, or later, by its clock or as that was set later in its boot */
};

/*
 * 0, -ENOENT: there is no incident of that id, -ENOMEM, or -EIO with a sentence in
 * @err. @path is borrowed by @r. A damaged slice is a sentence in @err, and no error.
 */
int query__run(sqlite3 *db, const char *path, const struct query *q, struct report *r,
	       char *err, size_t errlen);

/* Does @text look like an incident's id? */
bool query__is_id(const char *text);

#endif
