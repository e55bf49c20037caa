// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "device.h"

const char *ats_state__name(enum ats_state s)
{
	static const char *const names[] = {
		[ATS_UNKNOWN] = "unknown", [ATS_UNSUPPORTED] = "unsupported",
		[ATS_OFF] = "off", [ATS_ON] = "on", [ATS_BROKEN] = "broken",
	};

	return names[s];
}

const char *device__state_name(const struct device *d)
{
	if (!d->state_known)
		return "unknown";
	return d->blocked ? blocked__name(d->blocked) : "healthy";
}

const char *blocked__name(enum atcq_blocked b)
{
	static const char *const names[] = { "no", "resetting", "reset-failed", "broken" };

	return (unsigned int)b < 4 ? names[b] : "unknown";
}

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

int inventory__copy(struct inventory *out, const struct inventory *from)
{
	*out = (struct inventory){ .nsmmu = from->nsmmu };
	if (!from->ndev)
		return 0;
	out->dev = calloc(from->ndev, sizeof(*out->dev));
	if (!out->dev)
		return -ENOMEM;
	memcpy(out->dev, from->dev, from->ndev * sizeof(*out->dev));
	out->ndev = from->ndev;
	return 0;
}

void inventory__free(struct inventory *inv)
{
	free(inv->dev);
	memset(inv, 0, sizeof(*inv));
}
