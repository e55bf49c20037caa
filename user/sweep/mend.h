/* SPDX-License-Identifier: GPL-2.0-only */
/* Has a device work again, by resetting it. */
#ifndef ATCQ_MEND_H
#define ATCQ_MEND_H

#include <stdbool.h>
#include <stddef.h>

/* NULL if the device works as far as the kernel tells, else what it is: a clause, static */
const char *mend__trouble(const char *bdf);

/* Resets it, up to three times, until it works. False with a sentence: it does not */
bool mend__device(const char *bdf, char *why, size_t len);

#endif
