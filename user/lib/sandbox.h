/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Drops the privileges of this process once everything is open.  This cannot be undone,
 * so everything that needs a privilege (BPF, perf, ports) comes first.
 */
#ifndef ATCQ_LIB_SANDBOX_H
#define ATCQ_LIB_SANDBOX_H

#include <stddef.h>

#include "log.h"


/*
 * For a daemon: drops all capabilities, also from the set that an executed program could
 * get, and permits only the system calls that the daemon needs; others fail with EPERM.
 * Without seccomp in the kernel only capabilities are dropped: see priv__seccomp().
 * 0, or -errno with an error message in @err.
 */
int priv__drop(struct error *err);

/* For a process that only computes and uses its open descriptors. 0 or -errno */
int priv__nothing(void);

/* The present capabilities: "none", or "cap_bpf,cap_perfmon" */
void priv__capabilities(char *out, size_t len);

/* "filter", "strict" or "off", by /proc */
const char *priv__seccomp(void);

#endif
