/* SPDX-License-Identifier: GPL-2.0-only */
/* What a report from a history says in other words than one of what was watched. */
#ifndef ATCQ_REPORT_HISTORY_H
#define ATCQ_REPORT_HISTORY_H

#include "report.h"

void history__text_head(FILE *out, struct report *r);
/* Below its incident, if it is of one incident only */
int history__text_incident(FILE *out, const struct report *r, const struct incident *inc);
void history__text_events(FILE *out, const struct report *r);

/* Adds to the report's object, and to that of an incident */
void history__json(json_t *root, const struct report *r);
json_t *history__json_incident(const struct report *r, const struct incident *inc);

#endif
