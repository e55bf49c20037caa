/* SPDX-License-Identifier: GPL-2.0-only */
/* How devices of the lab's machine answer ATC invalidations: set and counted by the registers of a test device. */
#ifndef ATCQ_SCENARIO_TESTDEV_H
#define ATCQ_SCENARIO_TESTDEV_H

#include <stdbool.h>
#include <stdint.h>

#include "source/inventory.h"

enum testdev_answer { TESTDEV_ANSWER, TESTDEV_SLOW, TESTDEV_NEVER, TESTDEV_AS_IT_IS };

bool testdev__is(const struct device *d);

/*
 * By the registers of the test device @by, which is not reset meanwhile, for the function
 * @addr (bus << 8 | devfn).  @heals: does a reset make it answer; -1: as it is.  0 or -errno.
 */
int testdev__set(const char *by, uint32_t addr, enum testdev_answer answer, uint32_t delay_us, int heals);

/* ATC invalidations that it was sent, and those that it did not answer in time; mod 2^32 */
int testdev__counters(const char *by, uint32_t addr, uint32_t *received, uint32_t *timeouts);

#endif
