/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The functions of an unpatched kernel that bpf/stock watches: what user space
 * has to know of kernels, each with where it comes from.
 */
#ifndef ATCQ_HOOKS_H
#define ATCQ_HOOKS_H

#include <stddef.h>
#include <stdint.h>

#include "probe.h"

struct hook {
	const char *name;		/* of its programs: NAME_fentry, NAME_fexit, NAME_kprobe ... */
	const char *function, *before;	/* the name now, and an older one or NULL */
	unsigned int nargs;		/* of the function, as bpf/ expects them */
	const char *seen, *cost;	/* with it; without it */
	uint32_t phases;		/* that can be told with it */
};

/* In the order in which they are to be attached */
#define STOCK_HOOKS_MAX 16
extern const struct hook stock_hooks[];
extern const size_t stock_hooks_n;

/* How @hook can be watched on this kernel, and by which name */
enum probe_how hook__probe(const struct hook *hook, const char **function);

/* The phases that this kernel's functions and log tell, together */
uint32_t hooks__phases(void);

/* The tracepoint behind the console, which carries the kernel's log (commit 95100358491a) */
#define HOOK_CONSOLE "console"

#endif
