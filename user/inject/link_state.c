// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <pci/pci.h>
#include <stdio.h>
#include <string.h>

#include "link.h"

/* Registers of a capability, in the order in which Linux restores them */
struct cap_reg {
	uint16_t type, id, offset;
	uint8_t width;
};

static const struct cap_reg cap_regs[] = {
	{ PCI_CAP_NORMAL, PCI_CAP_ID_EXP, PCI_EXP_DEVCTL, 2 },
	{ PCI_CAP_NORMAL, PCI_CAP_ID_EXP, PCI_EXP_LNKCTL, 2 },
	{ PCI_CAP_NORMAL, PCI_CAP_ID_EXP, PCI_EXP_DEVCTL2, 2 },
	{ PCI_CAP_NORMAL, PCI_CAP_ID_EXP, PCI_EXP_LNKCTL2, 2 },
	{ PCI_CAP_EXTENDED, PCI_EXT_CAP_ID_LTR, PCI_LTR_MAX_SNOOP, 4 },
	{ PCI_CAP_EXTENDED, PCI_EXT_CAP_ID_PASID, PCI_PASID_CTRL, 2 },
	{ PCI_CAP_EXTENDED, PCI_EXT_CAP_ID_PRI, PCI_PRI_ALLOC_REQ, 4 },
	{ PCI_CAP_EXTENDED, PCI_EXT_CAP_ID_PRI, PCI_PRI_CTRL, 2 },
	{ PCI_CAP_EXTENDED, PCI_EXT_CAP_ID_ATS, PCI_ATS_CTRL, 2 },
	{ PCI_CAP_EXTENDED, PCI_EXT_CAP_ID_AER, PCI_ERR_UNCOR_MASK, 4 },
	{ PCI_CAP_EXTENDED, PCI_EXT_CAP_ID_AER, PCI_ERR_UNCOR_SEVER, 4 },
	{ PCI_CAP_EXTENDED, PCI_EXT_CAP_ID_AER, PCI_ERR_COR_MASK, 4 },
	{ PCI_CAP_EXTENDED, PCI_EXT_CAP_ID_AER, PCI_ERR_CAP, 4 },
	{ PCI_CAP_EXTENDED, PCI_EXT_CAP_ID_ACS, PCI_ACS_CTRL, 2 },
};

static uint32_t get(const struct pci_state *s, unsigned int pos, unsigned int width)
{
	return width == 1 ? pci_read_byte(s->dev, pos) :
	       width == 2 ? pci_read_word(s->dev, pos) : pci_read_long(s->dev, pos);
}

static bool is_ats(const struct cap_reg *r)
{
	return r->type == PCI_CAP_EXTENDED &&
	       (r->id == PCI_EXT_CAP_ID_ATS || r->id == PCI_EXT_CAP_ID_PRI || r->id == PCI_EXT_CAP_ID_PASID);
}

static void keep(struct pci_state *s, unsigned int pos, unsigned int width, bool marker, bool ats)
{
	if (s->n == PCI_STATE_REGS)
		return;
	s->reg[s->n].pos = pos;
	s->reg[s->n].width = width;
	s->reg[s->n].value = get(s, pos, width);
	/* One that is 0 anyway shows nothing */
	s->reg[s->n].marker = marker && s->reg[s->n].value;
	s->reg[s->n++].ats = ats;
}

static void keep_header(struct pci_state *s)
{
	bool bridge = (pci_read_byte(s->dev, PCI_HEADER_TYPE) & 0x7f) == PCI_HEADER_TYPE_BRIDGE;

	for (unsigned int pos = PCI_BASE_ADDRESS_0; pos <= (bridge ? PCI_BASE_ADDRESS_1 : PCI_BASE_ADDRESS_5);
	     pos += 4)
		keep(s, pos, 4, true, false);
	if (bridge) {
		for (unsigned int pos = PCI_PRIMARY_BUS; pos <= PCI_IO_BASE_UPPER16; pos += 4)
			keep(s, pos, 4, pos == PCI_PRIMARY_BUS, false);
		keep(s, PCI_ROM_ADDRESS1, 4, false, false);
		keep(s, PCI_BRIDGE_CONTROL, 2, false, false);
	} else {
		keep(s, PCI_ROM_ADDRESS, 4, false, false);
	}
	keep(s, PCI_CACHE_LINE_SIZE, 2, false, false);
	keep(s, PCI_INTERRUPT_LINE, 1, false, false);
}

/* Where its registers are depends on what it can; enabled last */
static void keep_msi(struct pci_state *s)
{
	struct pci_cap *msi = pci_find_cap(s->dev, PCI_CAP_ID_MSI, PCI_CAP_NORMAL);
	struct pci_cap *msix = pci_find_cap(s->dev, PCI_CAP_ID_MSIX, PCI_CAP_NORMAL);
	unsigned int flags, data;

	if (msi) {
		flags = pci_read_word(s->dev, msi->addr + PCI_MSI_FLAGS);
		data = flags & PCI_MSI_FLAGS_64BIT ? PCI_MSI_DATA_64 : PCI_MSI_DATA_32;
		keep(s, msi->addr + PCI_MSI_ADDRESS_LO, 4, false, false);
		if (flags & PCI_MSI_FLAGS_64BIT)
			keep(s, msi->addr + PCI_MSI_ADDRESS_HI, 4, false, false);
		keep(s, msi->addr + data, 2, false, false);
		if (flags & PCI_MSI_FLAGS_MASK_BIT)
			keep(s, msi->addr + (flags & PCI_MSI_FLAGS_64BIT ? PCI_MSI_MASK_BIT_64 :
					     PCI_MSI_MASK_BIT_32), 4, false, false);
		keep(s, msi->addr + PCI_MSI_FLAGS, 2, false, false);
	}
	if (msix)
		keep(s, msix->addr + PCI_MSI_FLAGS, 2, false, false);
}

void pci_state__save(struct pci_state *s, struct pci_dev *dev, const char *bdf)
{
	bool marked = false;

	memset(s, 0, sizeof(*s));
	s->dev = dev;
	snprintf(s->bdf, sizeof(s->bdf), "%s", bdf);
	s->vendor = pci_read_word(dev, PCI_VENDOR_ID);
	keep_header(s);
	for (size_t i = 0; i < sizeof(cap_regs) / sizeof(cap_regs[0]); i++) {
		const struct cap_reg *r = &cap_regs[i];
		struct pci_cap *cap = pci_find_cap(dev, r->id, r->type);

		if (cap)
			keep(s, cap->addr + r->offset, r->width, false, is_ats(r));
	}
	keep_msi(s);
	for (size_t i = 0; i < s->n; i++)
		marked |= s->reg[i].marker;
	for (size_t i = 0; i < s->n && !marked; i++)
		s->reg[i].marker = !s->reg[i].ats;
	/* Bus mastering and memory last, when everything else is in its place */
	keep(s, PCI_COMMAND, 2, false, false);
}

bool pci_state__answers(const struct pci_state *s)
{
	return pci_read_word(s->dev, PCI_VENDOR_ID) == s->vendor;
}

bool pci_state__lost(const struct pci_state *s)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->reg[i].marker && get(s, s->reg[i].pos, s->reg[i].width) != s->reg[i].value)
			return true;
	return false;
}

int pci_state__restore(const struct pci_state *s, bool ats)
{
	int ok = 1;

	for (size_t i = 0; i < s->n; i++) {
		unsigned int pos = s->reg[i].pos, width = s->reg[i].width;
		uint32_t value = s->reg[i].value;

		if ((s->reg[i].ats && !ats) || get(s, pos, width) == value)
			continue;
		ok &= width == 1 ? pci_write_byte(s->dev, pos, value) :
		      width == 2 ? pci_write_word(s->dev, pos, value) : pci_write_long(s->dev, pos, value);
	}
	return ok ? 0 : -EIO;
}
