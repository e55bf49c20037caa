// SPDX-License-Identifier: GPL-2.0-only
#include <stddef.h>

#include "delays.h"

static struct delay *find(struct delays *d, uint32_t smmu, uint32_t prod)
{
	for (unsigned int i = 0; i < MAX_DELAYS; i++)
		if (d->delay[i].count && d->delay[i].smmu == smmu && d->delay[i].prod == prod)
			return &d->delay[i];
	return NULL;
}

void delays__put(struct delays *d, const struct delay *waited)
{
	struct delay *known = find(d, waited->smmu, waited->prod);

	/* After a wrap: what nobody asked for belongs to no incident */
	if (known && waited->from_ns > known->to_ns)
		known->count = 0;
	if (!known || !known->count) {
		if (!known)
			known = &d->delay[d->next++ % MAX_DELAYS];
		*known = *waited;
		known->count = 1;
		return;
	}
	known->count++;
	known->ns += waited->ns;
	if (waited->from_ns < known->from_ns)
		known->from_ns = waited->from_ns;
	if (waited->to_ns > known->to_ns)
		known->to_ns = waited->to_ns;
}

bool delays__take(struct delays *d, uint32_t smmu, uint32_t prod, uint64_t raised_ns,
		  struct delay *out)
{
	struct delay *known = find(d, smmu, prod);

	if (!known || raised_ns < known->from_ns || raised_ns > known->to_ns)
		return false;
	*out = *known;
	known->count = 0;
	return true;
}
