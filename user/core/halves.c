// SPDX-License-Identifier: GPL-2.0-only
#include <stddef.h>

#include "halves.h"

void halves__put(struct halves *r, const struct half *h)
{
	r->half[r->next++ % MAX_HALVES] = *h;
}

const struct half *halves__use(struct halves *r, uint32_t smmu, uint32_t prod, uint64_t now_ns)
{
	for (unsigned int i = 1; i <= MAX_HALVES; i++) {
		struct half *h = &r->half[(r->next - i) % MAX_HALVES];

		if (!h->time_ns || h->smmu != smmu || h->prod != prod)
			continue;
		if (h->used_ns && now_ns > h->used_ns + HALF_SHARED_NS)
			return NULL;
		h->used_ns = now_ns;
		return h;
	}
	return NULL;
}
