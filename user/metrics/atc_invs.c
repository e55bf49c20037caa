// SPDX-License-Identifier: GPL-2.0-only
/* ATC_INVs by device, where the source counts them by Stream ID (unpatched kernels). */
#include <errno.h>
#include <stdlib.h>

#include "model.h"

struct sid { uint32_t sid; const struct device *dev; };

struct sids {
	struct metrics *m;
	struct sid *sid;
	size_t n;
};

static int compare(const void *a, const void *b)
{
	const struct sid *l = a, *r = b;

	return l->sid < r->sid ? -1 : l->sid > r->sid;
}

/* A thousand devices and as many Stream IDs are too many to look for each in turn */
static int sort(struct sids *s)
{
	const struct inventory *inv = &s->m->w->inv;

	s->sid = malloc((inv->ndev * INVENTORY_MAX_SIDS + 1) * sizeof(*s->sid));
	if (!s->sid)
		return -ENOMEM;
	for (size_t i = 0; i < inv->ndev; i++)
		for (size_t j = 0; j < inv->dev[i].nsids; j++)
			s->sid[s->n++] = (struct sid){ inv->dev[i].sids[j], &inv->dev[i] };
	qsort(s->sid, s->n, sizeof(*s->sid), compare);
	return 0;
}

static const struct device *find(const struct sids *s, uint32_t smmu, uint32_t sid)
{
	const struct sid key = { .sid = sid };
	const struct sid *at = bsearch(&key, s->sid, s->n, sizeof(*s->sid), compare);

	/* Other SMMUs may have the same number */
	while (at && at > s->sid && at[-1].sid == sid)
		at--;
	for (; at && at < s->sid + s->n && at->sid == sid; at++)
		if (at->dev->smmu == smmu || at->dev->smmu == ATCQ_NONE)
			return at->dev;
	return NULL;
}

static void count(void *ctx, uint32_t smmu, uint32_t sid, uint64_t n)
{
	struct sids *s = ctx;
	const struct device *dev = find(s, smmu, sid);
	struct mdevice *d = dev ? mdevice__find(s->m, dev->segment, dev->addr, false) : NULL;

	/* Which name the SMMU has is learned by the way */
	if (dev)
		smmus__of(s->m, smmu, dev->segment, dev->addr);
	if (d)
		d->atc_invs_now += n;
}

int atc_invs__collect(struct metrics *m)
{
	struct sids s = { .m = m };
	int ret;

	if (!source__counts_atc_invs(m->w->src))
		return 0;
	ret = sort(&s);
	for (size_t i = 0; i < m->ndev; i++)
		m->dev[i].atc_invs_now = 0;
	if (!ret)
		ret = source__atc_invs(m->w->src, count, &s);
	/* What was counted of a device that is gone stays */
	for (size_t i = 0; i < m->ndev; i++)
		if (m->dev[i].atc_invs_now > m->dev[i].atc_invs)
			m->dev[i].atc_invs = m->dev[i].atc_invs_now;
	free(s.sid);
	return ret;
}
