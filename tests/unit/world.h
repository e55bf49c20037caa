/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A source without a kernel behind it, a tracker, and metrics of both. It is taken for
 * a recording, so that devices are those of its inventory, unless it is made live.
 */
#ifndef ATCQ_TEST_WORLD_H
#define ATCQ_TEST_WORLD_H

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/event.h"
#include "service/metrics.h"
#include "source/source_internal.h"

#define WORLD_START_NS	1000000000ull	/* CLOCK_BOOTTIME */
#define WORLD_UTC_NS	1700000000000000000ll
#define WORLD_BOOT	"6f1c0c1e-9f2a-4b53-8a5e-0123456789ab"
#define WORLD_SMMU	"smmu3.0x0000000009050000"

struct world {
	struct monitor w;
	struct source src;
	struct recording rec;
	struct metrics *m;
	struct atcq_hist hist;
	uint64_t lost;
};

/* Of all worlds: there is one at a time */
static uint64_t world_now = WORLD_START_NS;

static inline uint64_t world_boottime(void)
{
	return world_now;
}

static inline int64_t world_realtime(void)
{
	return WORLD_UTC_NS + (int64_t)(world_now - WORLD_START_NS);
}

static inline struct world *world_of(const struct source *src)
{
	return (struct world *)((char *)src - offsetof(struct world, src));
}

static inline int world_counters(const struct source *src, struct source_counters *out)
{
	out->lost_ringbuf = world_of(src)->lost;
	return 0;
}

static inline int world_hist(const struct source *src, uint32_t smmu, struct atcq_hist *out)
{
	*out = world_of(src)->hist;
	return smmu ? -ENOENT : 0;
}

static inline void world_phase(void *ctx, const struct incident *inc, enum phase phase)
{
	metrics__phase(((struct world *)ctx)->m, inc, phase);
}

/* An event goes the way that it goes in the daemon */
static inline void world_event(struct world *w, struct atcq_event ev)
{
	ev.version = ATCQ_EVENT_VERSION;
	ev.size = sizeof(ev);
	ev.count = ev.count ? ev.count : 1;
	metrics__event(w->m, &ev);
	tracker__event(w->w.tracker, &ev);
}

/* An incident of the device @bdf (also its Stream ID), up to the fence, as a patched kernel tells it */
static inline void world_fault(struct world *w, uint64_t at, uint32_t prod, uint32_t bdf, bool injected)
{
	struct atcq_event ev = { .sid = ATCQ_NONE, .segment = ATCQ_NONE, .bdf = ATCQ_NONE, .prod = prod };

	ev.type = ATCQ_EV_CMDQ_ERROR, ev.time_ns = at, ev.code = ATCQ_CERROR_ATC_INV_SYNC;
	ev.source = injected ? ATCQ_RAISED_INJECTED : ATCQ_RAISED_IRQ;
	world_event(w, ev);
	ev.type = ATCQ_EV_CMD_SYNC, ev.time_ns = at + 100, ev.duration_ns = 1100, ev.ret = -5;
	world_event(w, ev);
	ev.sid = bdf, ev.segment = 0, ev.bdf = bdf, ev.code = 0, ev.source = 0, ev.ret = 0;
	ev.type = ATCQ_EV_ATC_TIMEOUT, ev.time_ns = at + 110, ev.duration_ns = 0;
	world_event(w, ev);
	ev.type = ATCQ_EV_ATS_BLOCKED, ev.time_ns = at + 300;
	world_event(w, ev);
	ev.type = ATCQ_EV_DEVICE_BLOCKED, ev.time_ns = at + 5000, ev.code = ATCQ_BLOCKED_BROKEN;
	world_event(w, ev);
}

static inline void world_reset(struct world *w, uint64_t at, uint32_t bdf, int ret)
{
	struct atcq_event ev = { .sid = ATCQ_NONE, .smmu = ATCQ_NONE, .bdf = bdf, .prod = ATCQ_NONE };

	ev.type = ATCQ_EV_RESET_PREPARE, ev.time_ns = at;
	world_event(w, ev);
	ev.type = ATCQ_EV_RESET_DONE, ev.time_ns = at + 1000, ev.ret = ret;
	world_event(w, ev);
	ev.type = ATCQ_EV_DEVICE_UNBLOCKED, ev.time_ns = at + 1100, ev.code = ATCQ_BLOCKED_BROKEN;
	if (!ret)
		world_event(w, ev);
}

/* So many devices, 0000:01:00.0, 0000:01:00.1 ... */
static inline void world_devices(struct inventory *inv, size_t n)
{
	inv->nsmmu = 1;
	inv->ndev = n;
	inv->dev = calloc(n ? n : 1, sizeof(*inv->dev));
	for (uint32_t i = 0; i < n; i++) {
		struct device *d = &inv->dev[i];

		d->addr = 0x100 + i;
		bdf__format(0, d->addr, d->bdf);
		d->vendor_id = 0x1b36;
		d->device_id = 0xfff7;
		strcpy(d->name, "Red Hat, Inc. ATS test device");
		strcpy(d->driver, "vfio-pci");
		strcpy(d->smmu_name, WORLD_SMMU);
		d->group = i + 1;
		d->sids[0] = d->addr;
		d->nsids = 1;
		d->ats = ATS_ON;
		d->state_known = true;
	}
}

/* @sysfs: live, by this made-up tree; NULL: as a recording, of @n devices */
static inline struct world *world_new(const char *sysfs, size_t n, const char *glob)
{
	static const struct source_ops ops = { .counters = world_counters, .hist = world_hist };
	const struct metrics_config cfg = {
		.sysfs = sysfs, .armed_dir = "/nonexistent", .devices = glob,
		.realtime = world_realtime, .boottime = world_boottime,
	};
	struct world *w = calloc(1, sizeof(*w));

	world_now = WORLD_START_NS;
	w->src.ops = &ops;
	w->src.kind = SOURCE_TRACE;
	w->src.rec = sysfs ? NULL : &w->rec;
	w->rec.last_ns = w->rec.first_ns = WORLD_START_NS;
	strcpy(w->src.meta.boot_id, WORLD_BOOT);
	strcpy(w->src.meta.kernel, "7.3.4");
	w->w.src = &w->src;
	if (!sysfs)
		world_devices(&w->w.inv, n);
	w->w.tracker = tracker__new(world_phase, w);
	if (metrics__new(&w->m, &cfg) || metrics__start(w->m, &w->w))
		abort();
	return w;
}

static inline void world_free(struct world *w)
{
	metrics__free(w->m);
	tracker__free(w->w.tracker);
	inventory__free(&w->w.inv);
	free(w);
}

#endif
