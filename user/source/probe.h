/* SPDX-License-Identifier: GPL-2.0-only */
/* What this kernel offers and this process may; nothing is loaded or attached. */
#ifndef ATCQ_PROBE_H
#define ATCQ_PROBE_H

#include <stdbool.h>

/* Is there BTF, and is it readable? */
bool probe__has_btf(void);

/* Does the kernel's BTF have a function of this name? */
bool probe__has_function(const char *name);

/* ... or a type? A tracepoint NAME has the type btf_trace_NAME */
bool probe__has_type(const char *name);

/*
 * How a program can watch this function, which must have @nargs arguments.
 * ATCQ_HOOKS=kprobe in the environment: as if there was no fentry.
 */
enum probe_how { PROBE_MISSING, PROBE_KPROBE, PROBE_FENTRY };
enum probe_how probe__how(const char *function, unsigned int nargs);
const char *probe_how__name(enum probe_how how);	/* "missing", "kprobe", "fentry" */

/* May this process load and attach tracing programs? */
bool probe__privileged(void);

#endif
