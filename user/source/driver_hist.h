/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Durations of CMD_SYNCs as the driver of patches/linux counts them itself, in
 * debugfs: for less than any program at its tracepoint would cost. It counts as
 * long as somebody has its files open, for all who have, so what was there before
 * is taken off.
 */
#ifndef ATCQ_DRIVER_HIST_H
#define ATCQ_DRIVER_HIST_H

#include <stdint.h>

#include <atcq/hist.h>

struct driver_hist;

/*
 * Opens those of the SMMUs below @slots; @debugfs: where it is mounted. 0, or -errno
 * if one cannot be had: -ENOENT where this kernel does not count them, or has it not
 * mounted. To be freed by driver_hist__free().
 */
int driver_hist__open(struct driver_hist **out, const char *debugfs, uint32_t slots);

/*
 * Adds to @out what was counted of @smmu since driver_hist__open(): all but what it
 * says of failures and disturbances, which the driver leaves to others. 0 or -errno;
 * -ENOENT: there is no such SMMU.
 */
int driver_hist__add(const struct driver_hist *d, uint32_t smmu, struct atcq_hist *out);

void driver_hist__free(struct driver_hist *d);	/* NULL is fine */

#endif
