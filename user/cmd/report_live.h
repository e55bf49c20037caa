/* SPDX-License-Identifier: GPL-2.0-only */
/* Fills a report with what happens meanwhile, or with a recording: internal to atcq report. */
#ifndef ATCQ_REPORT_LIVE_H
#define ATCQ_REPORT_LIVE_H

#include "report/report.h"
#include "watch.h"

struct live {
	struct watch w;
	struct report r;
	const char *input;	/* a recording to read instead; NULL: what happens now */
	bool over_time;		/* slices and events are wanted, too */
	struct atcq_hist hist;	/* what was read last: too large for a stack */
};

/*
 * Watches like watch__run() and fills live->r.  0, or an exit code after saying
 * why; live__free() in any case.
 */
int live__run(struct live *live, uint64_t duration_ns, char **command, int *status);
void live__free(struct live *live);	/* and the struct itself */

/* Which command line and program this is */
void report__fill_command(struct report *r);

/* Which machine, kernel, boot and command line this is, and how late it is */
void report__fill_here(struct report *r);

#endif
