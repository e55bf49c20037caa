/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a function loses of its configuration space when its link goes down, which
 * resets it: kept, and written back.  Registers in its BARs (an MSI-X table, for
 * one) are not; those come back with a reset by the kernel, which knows them.
 */
#ifndef ATCQ_PCI_STATE_H
#define ATCQ_PCI_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

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

/* @ats: also ATS, PRI and PASID, which the kernel may want off meanwhile; 0 or -EIO */
int pci_state__restore(const struct pci_state *s, bool ats);

#endif
