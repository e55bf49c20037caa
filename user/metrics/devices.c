// SPDX-License-Identifier: GPL-2.0-only
/* The devices that have series: found, looked at again, removed, forgotten. */
#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model.h"
#include "report/escape.h"
#include "source/slots.h"

#define LOOK_MOST 128	/* devices at a scrape: some 7 us each; state is told by events anyway */

static int compare(const struct mdevice *d, uint32_t segment, uint32_t addr)
{
	if (d->segment != segment)
		return d->segment < segment ? -1 : 1;
	return d->addr == addr ? 0 : d->addr < addr ? -1 : 1;
}

static struct mdevice *insert(struct metrics *m, size_t at, uint32_t segment, uint32_t addr)
{
	struct mdevice *d;

	if (m->ndev == DEVICES_MAX)
		return NULL;
	if (m->ndev == m->dev_room) {
		size_t room = m->dev_room ? m->dev_room * 2 : 16;

		d = realloc(m->dev, room * sizeof(*d));
		if (!d)
			return NULL;
		m->dev = d;
		m->dev_room = room;
	}
	d = &m->dev[at];
	memmove(d + 1, d, (m->ndev++ - at) * sizeof(*d));
	*d = (struct mdevice){ .segment = segment, .addr = addr, .ats = -1, .since_ns = metrics__realtime(m) };
	if (addr == ATCQ_NONE)
		snprintf(d->bdf, sizeof(d->bdf), "unknown");
	else
		bdf__format(segment, addr, d->bdf);
	return d;
}

struct mdevice *mdevice__find(struct metrics *m, uint32_t segment, uint32_t addr, bool make)
{
	size_t low = 0, high = m->ndev;

	while (low < high) {
		size_t mid = (low + high) / 2;
		int cmp = compare(&m->dev[mid], segment, addr);

		if (!cmp)
			return &m->dev[mid];
		if (cmp < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return make ? insert(m, low, segment, addr) : NULL;
}

void mdevice__set_state(struct metrics *m, struct mdevice *d, enum device_state s, uint64_t time_ns)
{
	if (d->state == s && d->state_known)
		return;
	/* What it was before anybody watched is no change */
	if (d->state_known)
		d->changed_ns = m->wall_offset_ns + (int64_t)time_ns;
	d->state = s;
	d->state_known = true;
}

static void decide(struct metrics *m, struct mdevice *d, bool has_ats)
{
	d->shown = (has_ats || d->touched) && (!m->cfg.devices || !fnmatch(m->cfg.devices, d->bdf, 0));
}

void mdevice__touch(struct metrics *m, struct mdevice *d)
{
	d->touched = true;
	decide(m, d, true);
}

static enum device_state state_of(const struct device *dev)
{
	static const enum device_state states[] = {
		[ATCQ_BLOCKED_NO] = STATE_HEALTHY, [ATCQ_BLOCKED_RESETTING] = STATE_RESETTING,
		[ATCQ_BLOCKED_RESET_FAILED] = STATE_RESET_FAILED, [ATCQ_BLOCKED_BROKEN] = STATE_FENCED,
	};

	return states[dev->blocked & 3];
}

/* What does not change while the device is there */
static void describe(struct metrics *m, struct mdevice *d, const struct device *dev)
{
	const struct msmmu *s = smmus__of_device(m, dev);

	snprintf(d->smmu, sizeof(d->smmu), "%s", s ? s->name : dev->smmu_name);
	snprintf(d->vendor, sizeof(d->vendor), "0x%04x", dev->vendor_id);
	snprintf(d->model, sizeof(d->model), "%s", dev->name);
	utf8__clean(d->model);
	*d->sid = '\0';
	if (dev->nsids)
		snprintf(d->sid, sizeof(d->sid), "0x%x", dev->sids[0]);
	*d->group = '\0';
	if (dev->group >= 0)
		snprintf(d->group, sizeof(d->group), "%d", dev->group);
	*d->slot = '\0';
	if (!source__recorded(m->w->src))
		slot__name(m->cfg.sysfs, d->bdf, d->slot, sizeof(d->slot));
	if (!d->state_known || d->removed_ns)
		mdevice__set_state(m, d, state_of(dev), metrics__boottime(m));
	d->known = true;
	d->removed_ns = 0;
}

/* What may have */
static void look(struct metrics *m, struct mdevice *d, const struct device *dev)
{
	snprintf(d->driver, sizeof(d->driver), "%s", dev->driver);
	utf8__clean(d->driver);
	/* Without patches/linux that was read from the device once, and may have changed */
	d->ats = !dev->state_known || dev->ats == ATS_UNKNOWN || dev->ats == ATS_UNSUPPORTED ? -1 : dev->ats == ATS_ON;
	decide(m, d, dev->ats != ATS_UNSUPPORTED);
	/* Events say it first and better, but one may have been lost */
	if (dev->state_known && !d->busy)
		mdevice__set_state(m, d, state_of(dev), metrics__boottime(m));
}

static void remove_device(struct metrics *m, struct mdevice *d, uint64_t now)
{
	d->removed_ns = now;
	d->ats = -1;
	mdevice__set_state(m, d, STATE_REMOVED, now);
}

/* Who is in the inventory, and what was looked at */
static int compare_with(struct metrics *m, const struct inventory *inv, const struct inventory_look *looked)
{
	for (size_t i = 0; i < looked->n; i++) {
		const struct device *dev = &inv->dev[(looked->from + i) % inv->ndev];
		struct mdevice *d = mdevice__find(m, dev->segment, dev->addr, true);

		if (!d)
			return -ENOMEM;
		if (looked->changed || !d->known || d->removed_ns)
			describe(m, d, dev);
		look(m, d, dev);
	}
	return 0;
}

/* Who is not in it any more, or never was */
static void miss(struct metrics *m, const struct inventory *inv)
{
	uint64_t now = metrics__boottime(m);

	for (size_t i = 0; i < m->ndev; i++) {
		struct mdevice *d = &m->dev[i];

		if (!d->removed_ns && d->addr != ATCQ_NONE && !inventory__by_addr(inv, d->segment, d->addr))
			remove_device(m, d, now);
	}
}

static void forget(struct metrics *m)
{
	uint64_t now = metrics__boottime(m);
	size_t kept = 0;

	for (size_t i = 0; i < m->ndev; i++)
		if (!m->dev[i].removed_ns || now - m->dev[i].removed_ns < REMOVED_STAYS_NS)
			m->dev[kept++] = m->dev[i];
	m->ndev = kept;
}

static void count_devices(struct metrics *m)
{
	const struct inventory *inv = &m->w->inv;

	for (size_t i = 0; i < m->nsmmu; i++)
		m->smmu[i]->devices = 0;
	for (size_t i = 0; i < inv->ndev; i++) {
		struct msmmu *s = inv->dev[i].ats == ATS_UNSUPPORTED ? NULL : smmus__of_device(m, &inv->dev[i]);

		if (s)
			s->devices++;
	}
}

int collect__devices(struct metrics *m)
{
	struct inventory_look looked = { 0 };
	struct inventory *inv;
	int ret = 0;

	if (!m->w)
		return 0;
	inv = &m->w->inv;
	if (!source__recorded(m->w->src)) {
		m->wall_offset_ns = metrics__realtime(m) - (int64_t)metrics__boottime(m);
		ret = inventory__refresh(inv, m->cfg.sysfs, LOOK_MOST, &looked);
	} else if (!m->ndev) {
		/* A recording's inventory stays as it was, events go on */
		looked = (struct inventory_look){ .changed = true, .n = inv->ndev };
	}
	if (!ret)
		ret = compare_with(m, inv, &looked);
	if (!ret && looked.changed)
		miss(m, inv);
	forget(m);
	count_devices(m);
	return ret;
}
