/* SPDX-License-Identifier: GPL-2.0-only */
/* Disables the link of a port, and restores it with the state of what is below it. */
#ifndef ATCQ_INJECT_LINK_H
#define ATCQ_INJECT_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "lib/log.h"

/*
 * The PCIe link above a device, taken down by the Link Disable bit of the port at
 * its upper end: a device that answers nothing any more, ATC invalidations
 * included, on hardware and without any kernel patch.  By libpci.
 *
 * The kernel writes other bits of the port's Link Control now and then (ASPM,
 * bandwidth control); one that does so within the same microsecond may be undone.
 */

struct link;

/* What link__restore() found and did */
struct link_result {
	unsigned int rewritten;	/* functions that had been reset, and were set up again */
	unsigned int partial;	/* ... but not all of it could be written */
	unsigned int removed;	/* ... that the kernel has removed */
	unsigned int silent;	/* ... that do not answer */
};

/*
 * Finds the port above PCI device @bdf and all functions below it; @sysfs: mount
 * point, "/sys" except in tests.  0, or with an error message in @err: -EINVAL its link
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

/* 0, or -EIO with an error message: then the link is unchanged */
int link__disable(struct link *l, struct error *err);

/*
 * Enables the link, also one that another program disabled, and waits until it is up
 * and the functions answer (some seconds at most); writes back what those lost that
 * were reset.
 * 0 also if the port was removed; -EIO with an error message if it cannot be enabled,
 * -ETIMEDOUT if it or a function does not come back.
 */
int link__restore(struct link *l, struct link_result *res, struct error *err);

/*
 * What a function loses of its configuration space when its link goes down, which
 * resets it: kept, and written back.  Registers in its BARs (an MSI-X table, for
 * one) are not; those come back with a reset by the kernel, which knows them.
 */

struct pci_dev;

#define PCI_STATE_REGS 48

struct pci_state {
	struct pci_dev *dev;	/* borrowed, of libpci */
	char bdf[16];
	uint16_t vendor;
	size_t n;
	struct { uint16_t pos; uint8_t width; bool marker, ats; uint32_t value; } reg[PCI_STATE_REGS];
};

void pci_state__save(struct pci_state *s, struct pci_dev *dev, const char *bdf);

/* Does it answer at all? Only its vendor ID is asked for */
bool pci_state__answers(const struct pci_state *s);

/*
 * Was it reset since?  Only then is anything written: what differs otherwise, the
 * kernel has changed and means to keep.
 */
bool pci_state__lost(const struct pci_state *s);

/* @ats: also ATS, PRI and PASID, which the kernel may have switched off since; 0 or -EIO */
int pci_state__restore(const struct pci_state *s, bool ats);

/*
 * The watchdog of a disabled link: a process of its own, which alone disables the
 * link and enables it again: at the injector's request, at the deadline, or when the
 * injector has exited, even by SIGKILL.  If the watchdog itself dies, the injector
 * enables the link.  Only if both are killed, or the host crashes, it stays down.
 */

struct link_watchdog;

struct link_watchdog_end {
	uint64_t down_ns;	/* how long the link was disabled */
	struct link_result found;
	int err;		/* of link__restore(), described in @error */
	struct error error;
};

/*
 * Disables the link until @deadline_ns (CLOCK_BOOTTIME) at the latest; @l stays the
 * caller's, and has to live as long. 0, or -errno with an error message: then the link is up.
 */
int link_watchdog__start(struct link_watchdog **out, struct link *l, uint64_t deadline_ns, struct error *err);

/* Waits up to @timeout_ms; 1 when it is over by the deadline or the watchdog's death */
int link_watchdog__wait(struct link_watchdog *k, int timeout_ms);

/* Ends it: when this returns the link is enabled, unless @end has an error; frees @k */
void link_watchdog__stop(struct link_watchdog *k, struct link_watchdog_end *end);

#endif
