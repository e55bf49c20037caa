/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What this kernel offers, told from its BTF, which any user may read.
 * Nothing here loads or attaches anything.
 */
#ifndef ATCQ_PROBE_H
#define ATCQ_PROBE_H

#include <stddef.h>

struct probe;

/* Reads the BTF of the kernel and of the driver's module; -ENOENT: it has none */
int probe__new(struct probe **out);
void probe__free(struct probe *probe);	/* NULL is fine */

/* 0, -ENOENT: no such tracepoint, -EPROTO: not with @nargs arguments */
int probe__tracepoint(const struct probe *probe, const char *name, unsigned int nargs);

/* Number of arguments of function @name, or -ENOENT */
int probe__function(const struct probe *probe, const char *name);

/* 0, -EPERM: this process lacks capabilities, or is kept from bpf() */
int probe__privileges(void);
#define PROBE_PRIVILEGES "needs root, or CAP_BPF with CAP_PERFMON, or CAP_SYS_ADMIN"

/* One row per tracepoint that bpf/trace uses; programs are named like them */
struct tracepoint {
	const char *name;
	unsigned int nargs;
	const char *cost;	/* what does not work without it */
};

extern const struct tracepoint tracepoints[];
extern const size_t tracepoints_n;

/* The driver's function that stock kernels are traced at, or NULL; *nargs: its arguments */
const char *probe__cmdlist_function(const struct probe *probe, int *nargs);

#endif
