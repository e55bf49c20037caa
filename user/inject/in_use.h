/* SPDX-License-Identifier: GPL-2.0-only */
/* Which devices the host uses, and resetting devices. */
#ifndef ATCQ_INJECT_IN_USE_H
#define ATCQ_INJECT_IN_USE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "arm.h"
#include "lib/log.h"

/*
 * How the host itself uses a device right now.  `atcq inject` and `atcq
 * reset` refuse such a device unless they are forced to.  What cannot be
 * determined counts as in use.
 */

#define IN_USE_MAX	16

/*
 * Each use is a text that fits after "is in use: " or, if it is assumed because it cannot
 * be determined, after "counts as in use: "; in_use__how() returns which.
 */
struct in_use {
	char use[IN_USE_MAX][224];
	bool assumed[IN_USE_MAX];
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
 * "/proc" except in tests.
 * Looking into processes needs CAP_SYS_PTRACE in the initial user namespace, and a
 * whole /proc of the initial PID namespace: without, the device counts as in use.
 */
void in_use__check(struct in_use *out, const char *bdf, const char *sysfs, const char *proc);

/* "is in use" or "counts as in use", for use @i */
const char *in_use__how(const struct in_use *s, size_t i);

/*
 * The whole decision for a command: checks @bdf and, if it is in use or counts as such,
 * prints all uses on stderr, and the way out unless @force.  0 (always with @force): the
 * command may continue. Else the exit code: EXIT_ENVIRONMENT if the only reason is that
 * this process cannot look, EXIT_USAGE otherwise.
 */
int in_use__refusal(const char *bdf, bool force);

/* Combines the exit codes of two devices (0: it may be touched) into one for both */
int in_use__worse(int a, int b);

/*
 * 0, or an exit code after an error message: the plan affects more devices than @max_devices, or
 * one that the host itself uses or may use (see in_use__check()) and not @force.
 */
int plan__refusal(const struct plan *plan, uint64_t max_devices, bool force);

/* The rules as the locked file has them, see registry.c; the caller's */
json_t *plan__rules(const struct plan *plan);

/* What uses a device as an array of texts; the caller's */
json_t *in_use__json(const struct in_use *use);

/*
 * Prints what the plan would do, without doing it: its rules, the devices that it affects
 * and what uses them, and whether plan__refusal() would refuse it. An exit code.
 */
int plan__print(const struct plan *plan, uint64_t max_devices, bool force, bool json);

/* NULL if the device works as far as the kernel publishes it, else its status as text, static */
const char *device_reset__status(const char *bdf);

/*
 * Resets it, up to three times, until it works. 0, or with a message in @err: -errno of the
 * reset, -ETIMEDOUT it does not work after them
 */
int device_reset__recover(const char *bdf, struct error *err);

/* The same for all targets of @plan, and for what it affects and does not work */
int device_reset__recover_all(const struct plan *plan, struct error *err);

#endif
