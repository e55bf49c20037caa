// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arm.h"
#include "core/event.h"
#include "lib/log.h"

int plan__init(struct plan *p, const struct inventory *inv)
{
	memset(p, 0, sizeof(*p));
	p->inv = inv;
	p->hit = calloc(inv->ndev + 1, sizeof(*p->hit));
	p->affected = calloc(inv->ndev + 1, sizeof(*p->affected));
	if (p->hit && p->affected)
		return 0;
	plan__free(p);
	return -ENOMEM;
}

void plan__free(struct plan *p)
{
	free(p->target);
	free(p->hit);
	free(p->affected);
	memset(p, 0, sizeof(*p));
}

/* An address as the user may abbreviate it, or a glob of whole ones */
static bool address_matches(const char *pattern, const char *bdf)
{
	uint32_t seg, addr;
	char whole[16];

	if (!bdf__parse(pattern, whole, &seg, &addr))
		return !strcmp(whole, bdf);
	return !fnmatch(pattern, bdf, 0);
}

/* Does the rule name the device by its address, not only by a glob or other selectors? */
static bool is_named(const struct rule *r, const struct device *d)
{
	for (size_t i = 0; i < r->ndevice; i++)
		if (!strpbrk(r->device[i], RULE_GLOB) && address_matches(r->device[i], d->bdf))
			return true;
	return false;
}

static bool has_sid(const struct device *d, uint32_t sid)
{
	for (size_t i = 0; i < d->nsids; i++)
		if (d->sids[i] == sid)
			return true;
	return false;
}

static bool rule_is_for(const struct rule *r, const struct device *d)
{
	bool found = !r->ndevice;

	for (size_t i = 0; i < r->ndevice && !found; i++)
		found = address_matches(r->device[i], d->bdf);
	if (!found)
		return false;
	found = !r->ngroup;
	for (size_t i = 0; i < r->ngroup && !found; i++)
		found = d->group >= 0 && r->group[i] == (uint32_t)d->group;
	if (!found)
		return false;
	found = !r->nsid;
	for (size_t i = 0; i < r->nsid && !found; i++)
		found = has_sid(d, r->sid[i]);
	return found && (r->smmu == ATCQ_NONE || d->smmu == r->smmu);
}

/* Each thing that the rule names has to be there, else it is most likely a slip */
static int check_named(const struct plan *p, const struct rule *r, struct error *err)
{
	const struct inventory *inv = p->inv;
	bool found;

	for (size_t i = 0; i < r->ndevice; i++) {
		const struct device *d = NULL;

		for (size_t k = 0; k < inv->ndev && !d; k++)
			if (address_matches(r->device[i], inv->dev[k].bdf))
				d = &inv->dev[k];
		if (!d)
			return error__set(err, -EINVAL, "%s is no device behind an SMMUv3; 'atcq list' shows all devices",
					  r->device[i]);
	}
	for (size_t i = 0; i < r->nsid; i++) {
		found = false;
		for (size_t k = 0; k < inv->ndev && !found; k++)
			found = has_sid(&inv->dev[k], r->sid[i]);
		if (!found)
			return error__set(err, -EINVAL, "no device has Stream ID %#x; 'atcq list' shows all devices",
					  r->sid[i]);
	}
	for (size_t i = 0; i < r->ngroup; i++) {
		found = false;
		for (size_t k = 0; k < inv->ndev && !found; k++)
			found = inv->dev[k].group == (int)r->group[i];
		if (!found)
			return error__set(err, -EINVAL, "there is no IOMMU group %u behind an SMMUv3", r->group[i]);
	}
	return 0;
}

static int check_device(const struct rule *r, const struct device *d, struct error *err)
{
	if (d->ats == ATS_UNSUPPORTED)
		return error__set(err, -EINVAL, "%s (%s) does not have ATS: it is never sent an ATC invalidation",
				  d->bdf, d->name);
	/* Without these the rule would match other devices too */
	if (r->point->kind == ATCQ_TARGET_STREAM && (!d->nsids || d->smmu == ATCQ_NONE))
		return error__set(err, -ENODATA, "%s: the kernel does not publish its Stream IDs and SMMU", d->bdf);
	return 0;
}

static int add_target(struct plan *p, enum atcq_target_kind kind, uint32_t unit, uint32_t id)
{
	struct atcq_target key = { .kind = kind, .unit = unit, .id = id };
	struct plan_target *t;

	for (size_t i = 0; i < p->ntargets; i++) {
		if (!memcmp(&p->target[i].key, &key, sizeof(key))) {
			p->target[i].rules |= 1ull << p->nrules;
			return 0;
		}
	}
	t = realloc(p->target, (p->ntargets + 1) * sizeof(*t));
	if (!t)
		return -ENOMEM;
	p->target = t;
	t[p->ntargets++] = (struct plan_target) { .key = key, .rules = 1ull << p->nrules };
	return 0;
}

static int aim(struct plan *p, const struct rule *r, const struct device *d)
{
	int ret = 0;

	if (r->point->kind == ATCQ_TARGET_DEVICE)
		return add_target(p, ATCQ_TARGET_DEVICE, d->segment, d->addr);
	for (size_t s = 0; s < d->nsids && !ret; s++)
		ret = add_target(p, ATCQ_TARGET_STREAM, d->smmu, d->sids[s]);
	return ret;
}

static bool in_blast(const struct rule *r, const struct device *hit, const struct device *d)
{
	switch (r->point->blast) {
	case BLAST_SMMU:
		return d->smmu == hit->smmu && !strcmp(d->smmu_name, hit->smmu_name);
	case BLAST_GROUP:
		return d == hit || (d->group >= 0 && d->group == hit->group);
	default:
		return d == hit;
	}
}

static void mark_affected(struct plan *p, const struct rule *r, const struct device *hit)
{
	for (size_t i = 0; i < p->inv->ndev; i++)
		if (in_blast(r, hit, &p->inv->dev[i]))
			p->affected[i] |= 1ull << p->nrules;
}

/* Does the rule go for an SMMU as a whole, whatever device it is asked about? */
static bool is_for_all(const struct rule *r)
{
	return r->point->blast == BLAST_SMMU && !r->ndevice && !r->nsid && !r->ngroup;
}

/* The next device behind @after (NULL: the first) that rule @n hits and that @fits; NULL: none */
static const struct device *next_hit(const struct plan *p, size_t n, const struct device *after,
				     bool (*fits)(const struct device *d, uint32_t id), uint32_t id)
{
	for (const struct device *d = after ? after + 1 : p->inv->dev; d < p->inv->dev + p->inv->ndev; d++)
		if (p->hit[d - p->inv->dev] >> n & 1 && fits(d, id))
			return d;
	return NULL;
}

static bool is_in_group(const struct device *d, uint32_t group)
{
	return d->group == (int)group;
}

/* The Stream ID has a device left, and that is the same one behind whichever SMMU */
static int check_sid(const struct plan *p, const struct rule *r, uint32_t sid, struct error *err)
{
	const struct device *first = next_hit(p, p->nrules, NULL, has_sid, sid), *d = first;

	if (!first)
		return error__set(err, -EINVAL, "%s: no device that is meant has Stream ID %#x; leave out one of the selectors",
				  r->point->name, sid);
	while ((d = next_hit(p, p->nrules, d, has_sid, sid)))
		if (strcmp(d->smmu_name, first->smmu_name) && !(is_named(r, d) && is_named(r, first)))
			return error__set(err, -EINVAL,
					  "Stream ID %#x is that of %s and, behind another SMMU, of %s; add --smmu or --device",
					  sid, first->bdf, d->bdf);
	return 0;
}

/* Each item that a rule lists has to match, even if another selector matches */
static int check_each_hit(const struct plan *p, const struct rule *r, struct error *err)
{
	int ret = 0;

	for (size_t i = 0; i < r->nsid && !ret; i++)
		ret = check_sid(p, r, r->sid[i], err);
	for (size_t i = 0; i < r->ngroup && !ret; i++)
		if (!next_hit(p, p->nrules, NULL, is_in_group, r->group[i]))
			ret = error__set(err, -EINVAL, "%s: no device that is meant is in IOMMU group %u; leave out one of the selectors",
					 r->point->name, r->group[i]);
	return ret;
}

static int find_devices(struct plan *p, const struct rule *r, struct error *err)
{
	bool glob = false, any = false;
	int ret;

	for (size_t i = 0; i < r->ndevice; i++)
		glob |= strpbrk(r->device[i], RULE_GLOB) != NULL;
	glob |= r->smmu != ATCQ_NONE || r->ngroup;
	for (size_t i = 0; i < p->inv->ndev; i++) {
		const struct device *d = &p->inv->dev[i];

		if (!rule_is_for(r, d)) {
			if (!is_named(r, d))
				continue;
			return error__set(err, -EINVAL, "%s: %s is not meant by the other selectors; leave out either",
					  r->point->name, d->bdf);
		}
		/* Of many that were not named one by one, only those that can fail */
		if (!is_for_all(r)) {
			if (glob && d->ats == ATS_UNSUPPORTED && !is_named(r, d))
				continue;
			ret = check_device(r, d, err);
			if (!ret)
				ret = aim(p, r, d);
			if (ret)
				return ret;
		}
		any = true;
		p->hit[i] |= 1ull << p->nrules;
		mark_affected(p, r, d);
	}
	if (any)
		return check_each_hit(p, r, err);
	return error__set(err, -EINVAL, "%s: no device with ATS is meant by all of its selectors at once", r->point->name);
}

/* Two that would return different things from one call */
static int check_contradiction(const struct plan *p, const struct rule *r, struct error *err)
{
	for (size_t i = 0; i < p->nrules; i++) {
		if (p->rule[i]->point != r->point || rule__ret(p->rule[i]) == rule__ret(r))
			continue;
		for (size_t d = 0; d < p->inv->ndev; d++) {
			if (!(p->hit[d] >> i & 1) || !(p->hit[d] >> p->nrules & 1))
				continue;
			return error__set(err, -EINVAL, "%s on %s: rules %zu and %zu contradict each other, they end in different results",
					  r->point->name, p->inv->dev[d].bdf, i + 1, p->nrules + 1);
		}
	}
	return 0;
}

int plan__add(struct plan *p, const struct rule *r, struct error *err)
{
	size_t n = p->nrules;
	int ret;

	if (n == ATCQ_MAX_RULES)
		return error__set(err, -ENOSPC, "more than %d rules", ATCQ_MAX_RULES);
	ret = check_named(p, r, err);
	if (ret)
		return ret;
	if (!r->ndevice && !r->nsid && !r->ngroup && r->smmu == ATCQ_NONE)
		return error__set(err, -EINVAL, "%s: %s", r->point->name, r->point->takes & TAKES_DEVICE ?
				  "which device? Give --device BDF; 'atcq list' shows all devices" :
				  "which SMMU? Give --smmu N; 'atcq list --json' shows the indexes");
	ret = find_devices(p, r, err);
	if (!ret)
		ret = check_contradiction(p, r, err);
	if (ret)
		return ret;
	p->rule[n] = r;
	p->bpf[n] = (struct atcq_rule) {
		.times = r->nth ? 1 : r->times, .space = r->space, .nth = r->nth,
		.interval = r->interval, .seed = r->seed, .probability = r->probability,
		.fault = r->point->number, .context = r->context, .any_cpu = r->any_cpu,
		.smmu = is_for_all(r) ? r->smmu : ATCQ_NONE, .ssid = r->ssid, .ret = rule__ret(r),
	};
	memcpy(p->bpf[n].cpus, r->cpus, sizeof(r->cpus));
	p->index.by_fault[r->point->number] |= 1ull << n;
	if (is_for_all(r))
		p->index.any_target |= 1ull << n;
	p->nrules++;
	return 0;
}

size_t plan__affected(const struct plan *p)
{
	size_t n = 0;

	for (size_t i = 0; i < p->inv->ndev; i++)
		n += p->affected[i] != 0;
	return n;
}

void plan__describe(const struct plan *p, size_t i, char *out, size_t len)
{
	size_t n = 0, more = 0;

	*out = '\0';
	if (is_for_all(p->rule[i])) {
		snprintf(out, len, "all behind SMMU %u", p->rule[i]->smmu);
		return;
	}
	for (size_t d = 0; d < p->inv->ndev; d++) {
		if (!(p->hit[d] >> i & 1))
			continue;
		if (n + 40 > len)
			more++;
		else
			n += snprintf(out + n, len - n, "%s%s", n ? " " : "", p->inv->dev[d].bdf);
	}
	if (more)
		snprintf(out + n, len - n, " and %zu more", more);
}
