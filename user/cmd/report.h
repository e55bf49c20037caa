/* SPDX-License-Identifier: GPL-2.0-only */
/* Internal to atcq report. */
#ifndef ATCQ_CMD_REPORT_H
#define ATCQ_CMD_REPORT_H

#include "report/report.h"
#include "source/monitor.h"

/* A report that is filled with live events, or from a recording */
struct live {
	struct monitor w;
	struct report r;
	const char *input;	/* a recording to read instead; NULL: live events */
	bool over_time;		/* also time buckets and events */
	struct atcq_hist hist;	/* what was read last: too large for a stack */
};

/*
 * Monitors like monitor__run() and fills live->r.  0, or an exit code after an error
 * message; live__free() in any case.
 */
int live__run(struct live *live, uint64_t duration_ns, char **command, int *status);
void live__free(struct live *live);	/* and the struct itself */

/* Which command line and program this is */
void report__fill_command(struct report *r);

/* What fills a report from the history */
struct history_opts {
	const char *db, *incident, *since, *device, *state;
};

/* The formats by name, as --format has them; ends with NULL */
extern const char *const report_format_names[];

/* Does the format show what happens over time: time buckets and events? */
bool report__over_time(const char *format);

/* 0, -errno of the write, or -EINVAL: no such format */
int report__write(FILE *out, struct report *r, const char *format);

#endif
