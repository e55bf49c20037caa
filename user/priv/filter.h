/* SPDX-License-Identifier: GPL-2.0-only */
/* Which system calls are let through. Both return 0, also where the kernel has no seccomp, or -errno */
#ifndef ATCQ_PRIV_FILTER_H
#define ATCQ_PRIV_FILTER_H

int filter__daemon(void);
int filter__compute(void);

#endif
