/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What of a device the host itself uses right now.  `atcq inject` and `atcq
 * reset` refuse such a device unless they are forced to.  What cannot be
 * determined counts as in use.
 */
#ifndef ATCQ_SAFETY_H
#define ATCQ_SAFETY_H

#include <stdbool.h>
#include <stddef.h>

#define SAFETY_MAX_USES	16

/*
 * Each use is a clause that fits after "is in use: ", or if it is assumed, since it cannot
 * be determined, after "counts as in use: "; safety__how() has the words.
 */
struct safety {
	char use[SAFETY_MAX_USES][224];
	bool assumed[SAFETY_MAX_USES];
	size_t n;			/* 0: it is free */
	size_t blind;			/* ... of these, because this process cannot look */
	bool more;			/* there are more uses than fit */
};

/*
 * Looks for mounted file systems, swap, open device nodes and holders on block
 * and character devices below PCI device @bdf (its virtual functions, and what is
 * behind it if it is a bridge, included), for configured network interfaces, and
 * for VFIO users.  A device of any other kind below it, and a driver without
 * anything below it, count as in use.  @sysfs and @proc: mount points, "/sys" and
 * "/proc" but for tests.
 * Looking into processes needs CAP_SYS_PTRACE in the initial user namespace, and a
 * whole /proc of the initial PID namespace: without, the device counts as in use.
 */
void safety__check(struct safety *out, const char *bdf, const char *sysfs, const char *proc);

/* "is in use" or "counts as in use", for use @i */
const char *safety__how(const struct safety *s, size_t i);

/*
 * The whole decision for a command: checks @bdf and, if it is in use or counts as such,
 * says so on stderr, with all uses, and the way out unless @force.  0 (always with
 * @force): go on. Else the exit code: EXIT_ENVIRONMENT if all that is wrong is that
 * this process cannot look, EXIT_USAGE otherwise.
 */
int safety__refusal(const char *bdf, bool force);

/* Of the exit codes for two devices (0: it may be touched) the one for both */
int safety__worse(int a, int b);

#endif
