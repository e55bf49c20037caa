// SPDX-License-Identifier: GPL-2.0-only
/* Finds devices of an inventory. */
#include <string.h>

#include "inventory.h"

const struct device *inventory__by_bdf(const struct inventory *inv, const char *bdf)
{
	for (size_t i = 0; i < inv->ndev; i++)
		if (!strcmp(inv->dev[i].bdf, bdf))
			return &inv->dev[i];
	return NULL;
}

const struct device *inventory__by_addr(const struct inventory *inv, uint32_t segment, uint32_t addr)
{
	for (size_t i = 0; i < inv->ndev; i++)
		if (inv->dev[i].segment == segment && inv->dev[i].addr == addr)
			return &inv->dev[i];
	return NULL;
}

const struct device *inventory__by_sid(const struct inventory *inv, uint32_t smmu, uint32_t sid)
{
	for (size_t i = 0; i < inv->ndev; i++)
		for (size_t j = 0; j < inv->dev[i].nsids; j++)
			if ((inv->dev[i].smmu == smmu || inv->dev[i].smmu == ATCQ_NONE) &&
			    inv->dev[i].sids[j] == sid)
				return &inv->dev[i];
	return NULL;
}

bool inventory__is_above(const struct inventory *inv, uint32_t segment, uint32_t port, uint32_t device)
{
	const struct device *d = inventory__by_addr(inv, segment, device);

	for (size_t i = 0; d && i < d->nports; i++)
		if (d->ports[i] == port)
			return true;
	return false;
}
