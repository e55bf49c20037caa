/* SPDX-License-Identifier: GPL-2.0-only */
/* Clocks, durations and points in time as text. */
#ifndef ATCQ_LIB_CLOCK_H
#define ATCQ_LIB_CLOCK_H

#include <stdint.h>

/* "10s", "500us", "2m", "250ms", "7ns", "90d"; 0, -EINVAL or -ERANGE */
int duration__parse(const char *text, uint64_t *ns);

#endif
