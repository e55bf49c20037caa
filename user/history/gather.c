// SPDX-License-Identifier: GPL-2.0-only
#include "gather.h"

static bool is_own(const struct incident *inc, const struct atcq_event *ev)
{
	if (ev->bdf != ATCQ_NONE)
		return ev->segment == inc->segment && ev->bdf == inc->bdf;
	if (ev->smmu != inc->smmu)
		return false;
	if (ev->sid != ATCQ_NONE)
		return ev->sid == inc->sid;
	return ev->prod != ATCQ_NONE && ev->prod == inc->prod;
}

/* What happens to another device is of interest if it hangs on the same SMMU */
static bool is_near(const struct incident *inc, const struct atcq_event *ev)
{
	return ev->smmu == inc->smmu || (ev->smmu == ATCQ_NONE && ev->bdf == ATCQ_NONE);
}

size_t gather__take(struct gather *g, const struct recent *r, const struct incident *inc,
		    bool own_only, struct atcq_event *out)
{
	uint64_t first = recent__first(r);
	size_t n = 0;

	if (g->from < first) {
		g->left_out += first - g->from;
		g->from = first;
	}
	for (; g->from < r->next; g->from++) {
		const struct atcq_event *ev = recent__at(r, g->from);
		bool own = is_own(inc, ev);

		if (!own && !is_near(inc, ev))
			continue;
		if (own ? g->own == GATHER_OWN : own_only || g->others == GATHER_OTHERS) {
			g->left_out++;
			continue;
		}
		g->own += own;
		g->others += !own;
		out[n++] = *ev;
	}
	return n;
}
