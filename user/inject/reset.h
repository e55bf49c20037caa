/* SPDX-License-Identifier: GPL-2.0-only */
/* Resets devices and checks that they work again. */
#ifndef ATCQ_INJECT_RESET_H
#define ATCQ_INJECT_RESET_H

#include "plan.h"

/* NULL if the device works as far as the kernel publishes it, else its status as a clause, static */
const char *device_reset__status(const char *bdf);

/* Resets it, up to three times, until it works. False with an error message in @why: it does not */
bool device_reset__recover(const char *bdf, char *why, size_t len);

/* The same for all targets of @plan, and for what it affects and does not work */
bool device_reset__recover_all(const struct plan *plan, char *why, size_t len);

#endif
