/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What this process may still do once everything is open.  There is no way back, so
 * whatever needs a privilege (BPF, perf, ports) comes first.
 */
#ifndef ATCQ_LIB_SANDBOX_H
#define ATCQ_LIB_SANDBOX_H

#include <stddef.h>

#include "log.h"


/*
 * For a daemon: drops all capabilities, also those that a program that is run could get, and lets through only
 * system calls that it has use for; others fail with EPERM.  What the kernel does not have
 * (seccomp) is left out: priv__seccomp() tells.  0, or -errno with a sentence in @err.
 */
int priv__drop(struct error *err);

/* For a process that computes and talks over descriptors that it has. 0 or -errno */
int priv__nothing(void);

/* As they are now: "none", or "cap_bpf,cap_perfmon" */
void priv__capabilities(char *out, size_t len);

/* "filter", "strict" or "off", as /proc tells */
const char *priv__seccomp(void);

#endif
