// SPDX-License-Identifier: GPL-2.0-only
#include "halves.h"

void halves__put(struct halves *r, const struct half *h)
{
	r->half[r->next++ % MAX_HALVES] = *h;
}

bool halves__take(struct halves *r, uint32_t smmu, uint32_t prod, struct half *out)
{
	for (unsigned int i = 1; i <= MAX_HALVES; i++) {
		struct half *h = &r->half[(r->next - i) % MAX_HALVES];

		if (!h->time_ns || h->smmu != smmu || h->prod != prod)
			continue;
		*out = *h;
		h->time_ns = 0;
		return true;
	}
	return false;
}
