/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The PCIe link above a device, taken down by the Link Disable bit of the port at
 * its upper end: a device that answers nothing any more, ATC invalidations
 * included, on hardware and without any kernel patch.  By libpci.
 *
 * The kernel writes other bits of the port's Link Control now and then (ASPM,
 * bandwidth control); one that does so within the same microsecond may be undone.
 */
#ifndef ATCQ_LINK_H
#define ATCQ_LINK_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/log.h"

struct link;

/* What link__restore() found and did */
struct link_result {
	unsigned int rewritten;	/* functions that had been reset, and were set up again */
	unsigned int partial;	/* ... but not all of it could be written */
	unsigned int gone;	/* ... that the kernel does not know any more */
	unsigned int silent;	/* ... that do not answer */
};

/*
 * Finds the port above PCI device @bdf and all functions below it; @sysfs: mount
 * point, "/sys" but for tests.  0, or with a sentence in @err: -EINVAL its link
 * cannot be disabled or is not to be (hot-plug: there it means removal; disabled
 * already), -ENOENT no such device, -EACCES not for this user.
 */
int link__open(struct link **out, const char *bdf, const char *sysfs, struct error *err);
void link__free(struct link *l);	/* changes nothing; NULL is fine */

const char *link__port(const struct link *l);			/* "0000:00:10.0" */
size_t link__count(const struct link *l);			/* functions below it */
const char *link__function(const struct link *l, size_t i);	/* their addresses */

/* Keeps what the functions may lose, for link__restore() in this process and its children */
void link__save(struct link *l);

/* 0, or -EIO with a sentence: then the link is as it was */
int link__disable(struct link *l, struct error *err);

/*
 * Enables the link, whoever disabled it, and waits until it is up and the functions
 * answer (some seconds at most); writes back what those lost that were reset.
 * 0 also if the port is gone; -EIO with a sentence if it cannot be enabled,
 * -ETIMEDOUT if it or a function does not come back.
 */
int link__restore(struct link *l, struct link_result *res, struct error *err);

#endif
