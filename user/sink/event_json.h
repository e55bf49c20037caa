/* SPDX-License-Identifier: GPL-2.0-only */
/* One raw event as JSON: every field of struct atcq_event, under its own name. */
#ifndef ATCQ_EVENT_JSON_H
#define ATCQ_EVENT_JSON_H

#include <jansson.h>

#include <atcq/event.h>

/* Identifiers that are not known or do not apply are null; the caller owns it */
json_t *json__event(const struct atcq_event *ev);

#endif
