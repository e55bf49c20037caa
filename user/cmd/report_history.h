/* SPDX-License-Identifier: GPL-2.0-only */
/* Fills a report from the history: internal to atcq report. */
#ifndef ATCQ_REPORT_HISTORY_CMD_H
#define ATCQ_REPORT_HISTORY_CMD_H

#include "report/report.h"

struct history_opts {
	const char *db, *incident, *since, *device, *state;
};

/* Is anything asked that only a history can tell? */
bool history_opts__any(const struct history_opts *o);

/* 0, or an exit code after saying why; @over_time: the form has a time axis */
int history__run(const struct history_opts *o, struct report *r, bool over_time);

#endif
