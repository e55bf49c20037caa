// SPDX-License-Identifier: GPL-2.0-only
/* The devices that have series: found, updated, removed, forgotten; and the SMMUs. */
#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/text.h"
#include "metrics_internal.h"
#include "source/kernel.h"

#define REFRESH_MAX 128	/* devices per scrape: about 7 us each; events report their state anyway */

static enum device_state state_of(const struct device *dev)
{
	static const enum device_state states[] = {
		[ATCQ_BLOCKED_NO] = STATE_HEALTHY, [ATCQ_BLOCKED_RESETTING] = STATE_RESETTING,
		[ATCQ_BLOCKED_RESET_FAILED] = STATE_RESET_FAILED, [ATCQ_BLOCKED_BROKEN] = STATE_FENCED,
	};

	return states[dev->blocked & 3];
}

/* Properties that stay while the device is present */
static void describe(struct metrics *m, struct metrics_device *d, const struct device *dev)
{
	const struct metrics_smmu *s = metrics_smmu__of_device(m, dev);

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
		metrics_device__set_state(m, d, state_of(dev), metrics__boottime(m));
	d->known = true;
	d->removed_ns = 0;
}

/* Properties that may change */
static void update_device(struct metrics *m, struct metrics_device *d, const struct device *dev)
{
	snprintf(d->driver, sizeof(d->driver), "%s", dev->driver);
	utf8__clean(d->driver);
	/* Without patches/linux this was read from the device once, and may be outdated */
	d->ats = !dev->state_known || dev->ats == ATS_UNKNOWN || dev->ats == ATS_UNSUPPORTED ? -1 : dev->ats == ATS_ON;
	metrics_device__decide(m, d, dev->ats != ATS_UNSUPPORTED);
	/* Events report it earlier, but one may have been lost */
	if (dev->state_known && !d->busy)
		metrics_device__set_state(m, d, state_of(dev), metrics__boottime(m));
}

static void remove_device(struct metrics *m, struct metrics_device *d, uint64_t now)
{
	d->removed_ns = now;
	d->ats = -1;
	metrics_device__set_state(m, d, STATE_REMOVED, now);
}

/* Adds new devices of the inventory, and updates those that were read again */
static int compare_with(struct metrics *m, const struct inventory *inv, const struct inventory_scan *scan)
{
	for (size_t i = 0; i < scan->n; i++) {
		const struct device *dev = &inv->dev[(scan->from + i) % inv->ndev];
		struct metrics_device *d = metrics_device__find(m, dev->segment, dev->addr, true);

		if (!d)
			return -ENOMEM;
		if (scan->changed || !d->known || d->removed_ns)
			describe(m, d, dev);
		update_device(m, d, dev);
	}
	return 0;
}

/* Devices that are not in the inventory any more, or never were */
static void miss(struct metrics *m, const struct inventory *inv)
{
	uint64_t now = metrics__boottime(m);

	for (size_t i = 0; i < m->ndev; i++) {
		struct metrics_device *d = &m->dev[i];

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
		struct metrics_smmu *s = inv->dev[i].ats == ATS_UNSUPPORTED ? NULL : metrics_smmu__of_device(m, &inv->dev[i]);

		if (s)
			s->devices++;
	}
}

int collect__devices(struct metrics *m)
{
	struct inventory_scan scan = { 0 };
	struct inventory *inv;
	int ret = 0;

	if (!m->w)
		return 0;
	inv = &m->w->inv;
	if (!source__recorded(m->w->src)) {
		m->wall_offset_ns = metrics__realtime(m) - (int64_t)metrics__boottime(m);
		ret = inventory__refresh(inv, m->cfg.sysfs, REFRESH_MAX, &scan);
	} else if (!m->ndev) {
		/* A recording's inventory stays as it was; its events continue */
		scan = (struct inventory_scan){ .changed = true, .n = inv->ndev };
	}
	if (!ret)
		ret = compare_with(m, inv, &scan);
	if (!ret && scan.changed)
		miss(m, inv);
	forget(m);
	count_devices(m);
	return ret;
}

/* ATC_INVs by device, where the source counts them by Stream ID (unpatched kernels). */

struct sid { uint32_t sid; const struct device *dev; };

struct sids {
	struct metrics *m;
	struct sid *sid;
	size_t n;
};

static int compare_sids(const void *a, const void *b)
{
	const struct sid *l = a, *r = b;

	return l->sid < r->sid ? -1 : l->sid > r->sid;
}

/* A thousand devices and as many Stream IDs are too many for a linear search of each */
static int sort(struct sids *s)
{
	const struct inventory *inv = &s->m->w->inv;

	s->sid = malloc((inv->ndev * INVENTORY_MAX_SIDS + 1) * sizeof(*s->sid));
	if (!s->sid)
		return -ENOMEM;
	for (size_t i = 0; i < inv->ndev; i++)
		for (size_t j = 0; j < inv->dev[i].nsids; j++)
			s->sid[s->n++] = (struct sid){ inv->dev[i].sids[j], &inv->dev[i] };
	qsort(s->sid, s->n, sizeof(*s->sid), compare_sids);
	return 0;
}

static const struct device *find_sid(const struct sids *s, uint32_t smmu, uint32_t sid)
{
	const struct sid key = { .sid = sid };
	const struct sid *at = bsearch(&key, s->sid, s->n, sizeof(*s->sid), compare_sids);

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
	const struct device *dev = find_sid(s, smmu, sid);
	struct metrics_device *d = dev ? metrics_device__find(s->m, dev->segment, dev->addr, false) : NULL;

	/* Which name the SMMU has is learned by the way */
	if (dev)
		metrics_smmu__of(s->m, smmu, dev->segment, dev->addr);
	if (d)
		d->atc_invs_now += n;
}

static int atc_invs__collect(struct metrics *m)
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
	/* The counts of a removed device stay */
	for (size_t i = 0; i < m->ndev; i++)
		if (m->dev[i].atc_invs_now > m->dev[i].atc_invs)
			m->dev[i].atc_invs = m->dev[i].atc_invs_now;
	free(s.sid);
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
		if (!metrics_smmu__by_index(m, i) && !source__hist(m->w->src, i, hist))
			ret = metrics_smmu__of(m, i, ATCQ_NONE, ATCQ_NONE) ? 0 : -ENOMEM;
	for (size_t i = 0; i < m->nsmmu && !ret; i++) {
		struct metrics_smmu *s = m->smmu[i];

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

/* The series that each device has. */

static const char *const state_names[STATE_MAX] = {
	"healthy", "timed-out", "ats-blocked", "fenced", "resetting", "reset-failed", "removed",
};

#define EACH_SHOWN(d) \
	for (const struct metrics_device *d = m->dev; d < m->dev + m->ndev; d++) if (d->shown && (e->created_ns = d->since_ns))

static bool has_address(const struct metrics_device *d)
{
	return d->addr != ATCQ_NONE;
}

void emit__device_info(const struct metrics *m, struct emit *e)
{
	EACH_SHOWN(d)
		if (d->known)
			emit__uint(e, 1, LABELS(d->bdf, d->smmu, d->sid, d->group, d->vendor, d->model,
						d->driver, d->slot));
}

void emit__device_state(const struct metrics *m, struct emit *e)
{
	EACH_SHOWN(d)
		for (int s = 0; s < STATE_MAX && has_address(d); s++)
			emit__uint(e, s == (int)d->state, LABELS(d->bdf, state_names[s]));
}

void emit__device_changed(const struct metrics *m, struct emit *e)
{
	EACH_SHOWN(d)
		if (has_address(d))
			emit__ns(e, d->changed_ns, LABELS(d->bdf));
}

void emit__device_ats(const struct metrics *m, struct emit *e)
{
	EACH_SHOWN(d)
		if (d->ats >= 0)
			emit__uint(e, d->ats, LABELS(d->bdf));
}

void emit__atc_invs(const struct metrics *m, struct emit *e)
{
	if (!m->w || !source__counts_atc_invs(m->w->src))
		return;
	EACH_SHOWN(d)
		if (has_address(d))
			emit__uint(e, d->atc_invs, LABELS(d->bdf));
}

void emit__suppressed(const struct metrics *m, struct emit *e)
{
	if (!m->w || source__kind(m->w->src) != SOURCE_TRACE)
		return;
	EACH_SHOWN(d)
		if (has_address(d))
			emit__uint(e, d->suppressed, LABELS(d->bdf));
}

void emit__timeouts(const struct metrics *m, struct emit *e)
{
	EACH_SHOWN(d)
		for (int injected = 0; injected < 2; injected++)
			emit__uint(e, d->timeouts[injected], LABELS(d->bdf, yes_no[injected]));
}

void emit__incidents(const struct metrics *m, struct emit *e)
{
	EACH_SHOWN(d)
		for (int injected = 0; injected < 2; injected++)
			emit__uint(e, d->incidents[injected], LABELS(d->bdf, yes_no[injected]));
}

void emit__resets(const struct metrics *m, struct emit *e)
{
	static const char *const results[RESULT_MAX] = { "ok", "failed", "unsupported" };

	EACH_SHOWN(d)
		for (int r = 0; r < RESULT_MAX && has_address(d); r++)
			emit__uint(e, d->resets[r], LABELS(d->bdf, results[r]));
}

void emit__pcie_errors(const struct metrics *m, struct emit *e)
{
	static const char *const severities[SEVERITIES] = {
		[ATCQ_AER_NONFATAL] = "nonfatal", [ATCQ_AER_FATAL] = "fatal", [ATCQ_AER_CORRECTABLE] = "correctable",
	};

	EACH_SHOWN(d)
		for (int s = 0; s < SEVERITIES && has_address(d); s++)
			emit__uint(e, d->pcie_errors[s], LABELS(d->bdf, severities[s]));
}
