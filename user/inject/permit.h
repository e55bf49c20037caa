/* SPDX-License-Identifier: GPL-2.0-only */
/* Whether a plan may be carried out, and what others are told of it. */
#ifndef ATCQ_PERMIT_H
#define ATCQ_PERMIT_H

#include <jansson.h>

#include "plan.h"
#include "safety.h"

/*
 * 0, or an exit code after saying why: the plan affects more devices than @max_devices, or
 * one that the host itself uses or may use (see safety.h) and not @force.
 */
int permit__refusal(const struct plan *plan, uint64_t max_devices, bool force);

/* The rules as the locked file has them, see armed.h; the caller's */
json_t *permit__rules(const struct plan *plan);

/* What uses a device as an array of texts; the caller's */
json_t *permit__uses(const struct safety *use);

/*
 * Prints what the plan would do, without doing it: its rules, the devices that it affects
 * and what uses them, and whether permit__refusal() would refuse it. An exit code.
 */
int permit__print(const struct plan *plan, uint64_t max_devices, bool force, bool json);

#endif
