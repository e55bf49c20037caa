// SPDX-License-Identifier: GPL-2.0-only
/* Which devices a sweep is for, and the rules for them. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "core/event.h"
#include "lib/log.h"
#include "sweep.h"

static bool chosen(const struct sweep *s, const struct device *d)
{
	const struct opt_list *list = &s->o->device;
	uint32_t seg, addr;
	char whole[16];

	if (!list->n)
		return d->ats == ATS_ON || d->ats == ATS_BROKEN;
	for (size_t i = 0; i < list->n; i++)
		if (!bdf__parse(list->v[i], whole, &seg, &addr) && !strcmp(whole, d->bdf))
			return true;
	return false;
}

int sweep__choose_devices(struct sweep *s)
{
	uint32_t seg, addr;
	char whole[16];
	size_t n = 0;

	for (size_t i = 0; i < s->o->device.n; i++) {
		const char *want = s->o->device.v[i];

		if (!bdf__parse(want, whole, &seg, &addr) && inventory__by_bdf(&s->inv, whole))
			continue;
		log__error("%s is no device behind an SMMUv3; 'atcq list' shows those there are", want);
		return EXIT_USAGE;
	}
	for (size_t i = 0; i < s->inv.ndev; i++)
		n += chosen(s, &s->inv.dev[i]);
	if (n > RULE_MAX_LIST) {
		log__error("%zu devices have ATS on; choose at most %d with --device BDF", n, RULE_MAX_LIST);
		return EXIT_USAGE;
	}
	if (!n)
		log__error("no device has ATS on; 'atcq list' shows those there are");
	return n ? 0 : EXIT_ENVIRONMENT;
}

/* The rule that is next to be filled, or one that is there for the same SMMU */
static struct rule *rule_for(struct sweep *s, size_t first, size_t *n, uint32_t smmu,
			     const struct fault_point *point, unsigned int nth)
{
	struct rule *r;

	for (size_t i = first; i < *n; i++)
		if (point->takes & TAKES_DEVICE || s->rules[i].smmu == smmu)
			return &s->rules[i];
	if (*n == ATCQ_MAX_RULES)
		return NULL;
	r = &s->rules[(*n)++];
	rule__init(r, point);
	r->nth = nth;
	return r;
}

int sweep__plan(struct sweep *s, struct plan *plan, const struct fault_point *point,
		unsigned int nth, struct error *err)
{
	size_t first = plan->nrules, n = first;
	int ret = 0;

	for (size_t i = 0; i < s->inv.ndev && !ret; i++) {
		const struct device *d = &s->inv.dev[i];
		struct rule *r = chosen(s, d) ? rule_for(s, first, &n, d->smmu, point, nth) : NULL;

		if (!r)
			continue;
		if (point->takes & TAKES_DEVICE)
			ret = rule__set(r, "device", d->bdf, err);
		else
			r->smmu = d->smmu;
	}
	for (size_t i = first; i < n && !ret; i++)
		ret = plan__add(plan, &s->rules[i], err);
	return ret;
}
