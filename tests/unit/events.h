/* SPDX-License-Identifier: GPL-2.0-only */
/* Streams of events as kernels send them, for tests of the incident tracker. */
#ifndef ATCQ_TEST_EVENTS_H
#define ATCQ_TEST_EVENTS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/incident.h"

#define BDF_A	0x0200
#define BDF_B	0x0300
#define SID_A	0x200
#define SID_B	0x300

struct seen {
	struct incident closed[16];
	size_t nclosed;
	unsigned int phases[PHASE_MAX];
};

static inline void on_phase(void *ctx, const struct incident *inc, enum phase phase)
{
	struct seen *s = ctx;

	if (phase < PHASE_MAX) {
		s->phases[phase]++;
	} else if (inc->closed) {
		assert_true(s->nclosed < 16);
		s->closed[s->nclosed++] = *inc;
	}
}

static inline struct atcq_event event(uint16_t type, uint64_t time_ns)
{
	return (struct atcq_event){
		.version = ATCQ_EVENT_VERSION, .type = type, .size = sizeof(struct atcq_event),
		.time_ns = time_ns, .smmu = ATCQ_NONE, .sid = ATCQ_NONE, .ssid = ATCQ_NONE,
		.prod = ATCQ_NONE, .segment = ATCQ_NONE, .bdf = ATCQ_NONE, .count = 1,
	};
}

static inline void raised(struct tracker *t, uint64_t time, uint32_t prod, uint32_t source)
{
	struct atcq_event ev = event(ATCQ_EV_CMDQ_ERROR, time);

	ev.smmu = 0;
	ev.prod = prod;
	ev.code = ATCQ_CERROR_ATC_INV_SYNC;
	ev.source = source;
	tracker__event(t, &ev);
}

static inline void synced(struct tracker *t, uint64_t time, uint32_t prod, uint64_t duration)
{
	struct atcq_event ev = event(ATCQ_EV_CMD_SYNC, time);

	ev.smmu = 0;
	ev.prod = prod;
	ev.ret = -5;
	ev.duration_ns = duration;
	tracker__event(t, &ev);
}

static inline void device(struct tracker *t, uint16_t type, uint64_t time, uint32_t bdf,
		   uint32_t code, int ret)
{
	struct atcq_event ev = event(type, time);

	ev.segment = 0;
	ev.bdf = bdf;
	ev.code = code;
	ev.ret = ret;
	if (type == ATCQ_EV_ATS_BLOCKED || type == ATCQ_EV_ATC_TIMEOUT) {
		ev.smmu = 0;
		ev.sid = bdf;
	}
	tracker__event(t, &ev);
}

static inline void timed_out(struct tracker *t, uint64_t time, uint32_t prod, uint32_t bdf)
{
	struct atcq_event ev = event(ATCQ_EV_ATC_TIMEOUT, time);

	ev.smmu = 0;
	ev.prod = prod;
	ev.sid = bdf;
	ev.segment = 0;
	ev.bdf = bdf;
	tracker__event(t, &ev);
}

/* From the error to the fence, as a patched kernel tells it */
static inline void fault(struct tracker *t, uint64_t at, uint32_t prod, uint32_t bdf)
{
	raised(t, at, prod, ATCQ_RAISED_IRQ);
	synced(t, at + 100, prod, 1100);
	timed_out(t, at + 110, prod, bdf);
	device(t, ATCQ_EV_ATS_BLOCKED, at + 300, bdf, 0, 0);
	device(t, ATCQ_EV_DEVICE_BROKEN, at + 310, bdf, 0, 0);
	device(t, ATCQ_EV_DEVICE_BLOCKED, at + 5000, bdf, ATCQ_BLOCKED_BROKEN, 0);
}

static inline void reset(struct tracker *t, uint64_t at, uint32_t bdf, int ret)
{
	device(t, ATCQ_EV_RESET_PREPARE, at, bdf, 0, 0);
	device(t, ATCQ_EV_RESET_DONE, at + 1000, bdf, 0, ret);
	if (!ret)
		device(t, ATCQ_EV_DEVICE_UNBLOCKED, at + 1100, bdf, ATCQ_BLOCKED_BROKEN, 0);
}

#endif
