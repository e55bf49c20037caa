/* SPDX-License-Identifier: GPL-2.0-only */
/* Incidents as lines for people and as JSON for programs. */
#ifndef ATCQ_REPORT_LINES_H
#define ATCQ_REPORT_LINES_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

#include <atcq/event.h>

#include "core/event.h"
#include "core/incident.h"
#include "core/invariants.h"

/*
 * One line for a phase (PHASE_MAX: the incident was closed, or found open), with
 * the time since the incident's first timestamp.  0 or -errno of the write.
 */
int text__phase(FILE *out, const struct incident *inc, enum phase phase);

/* An incident with all known details, over several lines */
int text__incident(FILE *out, const struct incident *inc, const char *boot_id);

/* The same as objects; the caller owns them */
json_t *json__phase(const struct incident *inc, enum phase phase, const char *boot_id);
json_t *json__incident(const struct incident *inc, const char *boot_id);

/* The invariant that was violated, and by which device */
int text__violation(FILE *out, const struct violation *v);
json_t *json__violation(const struct violation *v);
/* A single event; its time since @origin_ns. 0 or -errno of the write */
int text__event(FILE *out, const struct atcq_event *ev, uint64_t origin_ns);

/*
 * One raw event as JSON: every field of struct atcq_event, under its own name.
 * Identifiers that are not known or do not apply are null; the caller owns it.
 */
json_t *json__event(const struct atcq_event *ev);

#endif
