/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What of a device the host itself uses right now.  `atcq inject` and `atcq
 * reset` refuse such a device unless they are forced to.
 */
#ifndef ATCQ_SAFETY_H
#define ATCQ_SAFETY_H

#include <stdbool.h>
#include <stddef.h>

#define SAFETY_MAX_USES	16

/* Each use is a clause that fits after "is in use: " */
struct safety {
	char use[SAFETY_MAX_USES][160];
	size_t n;
	bool more;			/* there are more uses than fit */
};

/*
 * Looks for mounted file systems, swap, open device nodes and holders on block
 * and character devices below PCI device @bdf, for configured network
 * interfaces, and for VFIO users of it or its group.  @sysfs and @proc: mount
 * points, "/sys" and "/proc" but for tests.
 * Returns 0 (out->n == 0: nobody uses it) or -errno: then nothing is known,
 * which callers must take as "in use".  Sees other users' processes only with
 * CAP_SYS_PTRACE.
 */
int safety__check(struct safety *out, const char *bdf, const char *sysfs, const char *proc);

/*
 * The whole decision for a command: checks @bdf and, if it is in use (or that
 * cannot be told) and not @force, says so on stderr, with all uses and the way
 * out.  Forced, it warns.  True: go on.
 */
bool safety__allows(const char *bdf, bool force);

#endif
