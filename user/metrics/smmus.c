// SPDX-License-Identifier: GPL-2.0-only
/*
 * SMMUs by their names in sysfs, which stay the same from boot to boot. Events have an
 * index; an unpatched kernel does not say which name belongs to it, but a device of an
 * event does.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model.h"
#include "source/slots.h"

#define SMMUS_MAX 256

static struct msmmu *add(struct metrics *m, const char *name, uint32_t index)
{
	struct msmmu **all, *s;

	if (m->nsmmu == SMMUS_MAX)
		return NULL;
	all = realloc(m->smmu, (m->nsmmu + 1) * sizeof(*all));
	if (!all)
		return NULL;
	m->smmu = all;
	s = calloc(1, sizeof(*s));
	if (!s)
		return NULL;
	s->index = index;
	s->named = name;
	if (name)
		snprintf(s->name, sizeof(s->name), "%s", name);
	else
		snprintf(s->name, sizeof(s->name), "%u", index);
	return m->smmu[m->nsmmu++] = s;
}

static struct msmmu *by_name(struct metrics *m, const char *name)
{
	for (size_t i = 0; i < m->nsmmu; i++)
		if (!strcmp(m->smmu[i]->name, name))
			return m->smmu[i];
	return NULL;
}

static struct msmmu *by_index(struct metrics *m, uint32_t index)
{
	for (size_t i = 0; i < m->nsmmu; i++)
		if (m->smmu[i]->index == index)
			return m->smmu[i];
	return NULL;
}

/* What was counted by index so far goes on under the name */
static struct msmmu *join(struct metrics *m, struct msmmu *unnamed, struct msmmu *named)
{
	size_t i = 0;

	snprintf(unnamed->name, sizeof(unnamed->name), "%s", named->name);
	unnamed->named = true;
	while (m->smmu[i] != named)
		i++;
	/* Nothing was ever counted there: it had no index */
	free(named);
	memmove(&m->smmu[i], &m->smmu[i + 1], (--m->nsmmu - i) * sizeof(*m->smmu));
	return unnamed;
}

struct msmmu *smmus__of_device(struct metrics *m, const struct device *dev)
{
	return *dev->smmu_name ? by_name(m, dev->smmu_name) : by_index(m, dev->smmu);
}

/* The name for @index that is left, or that the device's SMMU has; NULL: not known */
static struct msmmu *name_of(struct metrics *m, uint32_t segment, uint32_t bdf)
{
	const struct device *dev = bdf == ATCQ_NONE ? NULL : inventory__by_addr(&m->w->inv, segment, bdf);
	struct msmmu *s = dev ? smmus__of_device(m, dev) : NULL;
	size_t named = 0, last = 0;

	for (size_t i = 0; !s && i < m->nsmmu; i++)
		if (m->smmu[i]->named) {
			named++;
			last = i;
		}
	if (!s && named == 1)
		s = m->smmu[last];
	return s && s->index == ATCQ_NONE ? s : NULL;
}

struct msmmu *smmus__of(struct metrics *m, uint32_t index, uint32_t segment, uint32_t bdf)
{
	struct msmmu *s, *named;

	if (index == ATCQ_NONE)
		return NULL;
	s = by_index(m, index);
	if (s && s->named)
		return s;
	named = name_of(m, segment, bdf);
	if (s)
		return named ? join(m, s, named) : s;
	if (!named)
		return add(m, NULL, index);
	named->index = index;
	return named;
}

static int found(void *ctx, const char *name, uint32_t index)
{
	struct metrics *m = ctx;

	/* A recording's may have none */
	if (!*name)
		return index == ATCQ_NONE || by_index(m, index) || add(m, NULL, index) ? 0 : -ENOMEM;
	return by_name(m, name) || add(m, name, index) ? 0 : -ENOMEM;
}

int smmus__begin(struct metrics *m)
{
	const struct inventory *inv = &m->w->inv;
	int ret = 0;

	if (!source__recorded(m->w->src))
		return smmus__each(m->cfg.sysfs, found, m);
	for (size_t i = 0; !ret && i < inv->ndev; i++)
		ret = found(m, inv->dev[i].smmu_name, inv->dev[i].smmu);
	return ret;
}

int collect__cmd_sync(struct metrics *m)
{
	struct atcq_hist *hist;
	int ret;

	if (!m->w)
		return 0;
	ret = source__losses(m->w->src, &m->lost_ring, &m->lost_other);
	if (ret)
		return ret;
	ret = atc_invs__collect(m);
	if (ret)
		return ret;
	hist = malloc(sizeof(*hist));
	if (!hist)
		return -ENOMEM;
	/* Indices that no event has named yet */
	for (uint32_t i = 0; i < m->nsmmu && !ret; i++)
		if (!by_index(m, i) && !source__hist(m->w->src, i, hist))
			ret = smmus__of(m, i, ATCQ_NONE, ATCQ_NONE) ? 0 : -ENOMEM;
	for (size_t i = 0; i < m->nsmmu && !ret; i++) {
		struct msmmu *s = m->smmu[i];

		if (s->index == ATCQ_NONE || source__hist(m->w->src, s->index, hist))
			continue;
		durations__from_hist(&s->syncs, hist);
	}
	free(hist);
	return ret;
}

void emit__devices(const struct metrics *m, struct emit *e)
{
	for (size_t i = 0; i < m->nsmmu; i++)
		emit__uint(e, m->smmu[i]->devices, LABELS(m->smmu[i]->name));
}

void emit__cmd_sync(const struct metrics *m, struct emit *e)
{
	for (size_t i = 0; i < m->nsmmu; i++)
		emit__histogram(e, &m->smmu[i]->syncs, NULL, LABELS(m->smmu[i]->name));
}

void emit__cmd_sync_failures(const struct metrics *m, struct emit *e)
{
	static const char *const causes[SYNC_CAUSES] = { "atc-timeout", "poll-timeout", "other" };

	for (size_t i = 0; i < m->nsmmu; i++)
		for (int c = 0; c < SYNC_CAUSES; c++)
			emit__uint(e, m->smmu[i]->sync_failed[c], LABELS(m->smmu[i]->name, causes[c]));
}

void emit__sync_delay(const struct metrics *m, struct emit *e)
{
	for (size_t i = 0; i < m->nsmmu; i++)
		emit__ns(e, m->smmu[i]->sync_delay_ns, LABELS(m->smmu[i]->name));
}
