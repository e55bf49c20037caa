/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The watchdog of a disabled link: a process of its own, which alone disables the
 * link and enables it again, once it is told to, at the deadline, or when the
 * injector is gone, SIGKILL included.  If the watchdog is what dies, the injector
 * enables the link.  Only if both are killed, or the host crashes, it stays down.
 */
#ifndef ATCQ_KEEPER_H
#define ATCQ_KEEPER_H

#include <stdint.h>
#include <sys/types.h>

#include "lib/log.h"
#include "link.h"

struct keeper;

struct keeper_end {
	uint64_t down_ns;	/* how long the link was disabled */
	struct link_result found;
	int err;		/* of link__restore(), described in @error */
	struct error error;
};

/*
 * Disables the link until @deadline_ns (CLOCK_BOOTTIME) at the latest; @l stays the
 * caller's, and has to live as long. 0, or -errno with a sentence: then it is up.
 */
int keeper__start(struct keeper **out, struct link *l, uint64_t deadline_ns, struct error *err);

/* Waits up to @timeout_ms; 1 when it is over by the deadline or the watchdog's death */
int keeper__wait(struct keeper *k, int timeout_ms);

/* Ends it: when this returns the link is enabled, as far as @end says; frees @k */
void keeper__stop(struct keeper *k, struct keeper_end *end);

#endif
