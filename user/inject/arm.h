/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Arms one fault point on one device.  What is armed lives exactly as long as
 * this process and this object: the BPF link is not pinned, and the descriptor
 * of the kernel's enable file is closed on exec.
 */
#ifndef ATCQ_ARM_H
#define ATCQ_ARM_H

#include <stddef.h>
#include <stdint.h>

#include "fault_point.h"
#include "../source/inventory.h"

struct arm;

struct arm_request {
	const struct fault_point *point;
	const struct device *dev;	/* needs to have Stream IDs */
	uint64_t times;			/* at least 1 */
	uint64_t ttl_ns;
};

/*
 * 0, or -errno with one sentence in @err and nothing left armed:
 * -EOPNOTSUPP the kernel has no such fault point, -EPERM not for this process,
 * -ENODATA the kernel does not tell the device's Stream IDs.
 */
int arm__check(const struct arm_request *req, char *err, size_t errlen);	/* arms nothing */
int arm__new(struct arm **out, const struct arm_request *req, char *err, size_t errlen);
int arm__state(const struct arm *arm, struct atcq_rule_state *out);
uint64_t arm__deadline_ns(const struct arm *arm);	/* CLOCK_BOOTTIME */
void arm__free(struct arm *arm);	/* disarms; NULL is fine */

#endif
