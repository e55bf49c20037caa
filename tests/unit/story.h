/* SPDX-License-Identifier: GPL-2.0-only */
/* Streams of events as kernels send them, fed to the invariants. */
#ifndef ATCQ_TEST_STORY_H
#define ATCQ_TEST_STORY_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <atcq/fault.h>

#include "core/invariants.h"

#define A	0x0200		/* address and Stream ID of a device */
#define B	0x0300

struct story {
	struct invariants *c;
	struct violation last;
	unsigned int told[INV_MAX], ntold;
	uint64_t now, lost;
};

static inline void on_violation(void *ctx, const struct violation *v)
{
	struct story *s = ctx;

	s->last = *v;
	s->told[v->which]++;
	s->ntold++;
}

static inline int begin(void **state)
{
	const struct invariant_limits limits = { .cpus = 2, .domains = 1 };
	struct story *s = calloc(1, sizeof(*s));

	s->c = invariants__new(&limits, on_violation, s);
	s->now = 1000000;
	invariants__seed(s->c, 0, A, 0, A, ATCQ_BLOCKED_NO, true, 1);
	invariants__seed(s->c, 0, B, 0, B, ATCQ_BLOCKED_NO, true, 1);
	*state = s;
	return 0;
}

static inline int end(void **state)
{
	struct story *s = *state;

	invariants__free(s->c);
	free(s);
	return 0;
}

static inline void event(struct story *s, struct atcq_event ev)
{
	s->now += 1000;
	ev.version = ATCQ_EVENT_VERSION;
	ev.size = sizeof(ev);
	ev.time_ns = s->now;
	ev.count = 1;
	invariants__event(s->c, &ev);
}

static inline void smmu_event(struct story *s, uint16_t type, uint32_t prod, int ret, uint32_t natc,
		       uint64_t duration, uint32_t cpu)
{
	event(s, (struct atcq_event) {
		.type = type, .sid = ATCQ_NONE, .segment = ATCQ_NONE, .bdf = ATCQ_NONE, .prod = prod,
		.code = ATCQ_CERROR_ATC_INV_SYNC, .ret = ret, .natc = natc, .ncmds = natc,
		.duration_ns = duration, .cpu = cpu,
	});
}

static inline void stream_event(struct story *s, uint16_t type, uint32_t dev, uint32_t prod, int ret, uint32_t cpu)
{
	event(s, (struct atcq_event) { .type = type, .sid = dev, .bdf = dev, .prod = prod, .ret = ret,
				       .cpu = cpu });
}

static inline void core_event(struct story *s, uint16_t type, uint32_t dev, uint32_t code, int ret)
{
	event(s, (struct atcq_event) { .type = type, .smmu = ATCQ_NONE, .sid = ATCQ_NONE, .bdf = dev,
				       .prod = ATCQ_NONE, .code = code, .ret = ret });
}

/* A list that timed out on @cpu, @took ns after it was issued, for these devices */
static inline void timeout(struct story *s, uint32_t prod, uint32_t cpu, uint64_t took, uint32_t dev, uint32_t dev2)
{
	smmu_event(s, ATCQ_EV_CMDQ_ERROR, prod, 0, 0, 0, 1);
	smmu_event(s, ATCQ_EV_CMD_SYNC, prod, -5, dev2 ? 2 : 1, took, cpu);
	stream_event(s, ATCQ_EV_ATC_TIMEOUT, dev, prod, 0, cpu);
	if (dev2)
		stream_event(s, ATCQ_EV_ATC_TIMEOUT, dev2, prod, 0, cpu);
}

static inline void block(struct story *s, uint32_t dev, int ret)
{
	stream_event(s, ATCQ_EV_ATS_BLOCKED, dev, ATCQ_NONE, ret, 0);
	core_event(s, ATCQ_EV_DEVICE_BROKEN, dev, 0, 0);
}

static inline void fence(struct story *s, uint32_t dev)
{
	core_event(s, ATCQ_EV_DEVICE_BLOCKED, dev, ATCQ_BLOCKED_BROKEN, 0);
}

static inline void reset(struct story *s, uint32_t dev, int ret)
{
	core_event(s, ATCQ_EV_RESET_PREPARE, dev, 0, 0);
	core_event(s, ATCQ_EV_RESET_DONE, dev, 0, ret);
}

static inline void recover(struct story *s, uint32_t dev)
{
	stream_event(s, ATCQ_EV_ATS_RESTORED, dev, ATCQ_NONE, 0, 0);
	core_event(s, ATCQ_EV_DEVICE_UNBLOCKED, dev, ATCQ_BLOCKED_BROKEN, 0);
}

/* The end: @which was violated, NULL-like INV_MAX: nothing was */
static inline void verdict(struct story *s, enum invariant which)
{
	invariants__finish(s->c, s->now, s->lost);
	for (int i = 0; i < INV_MAX; i++) {
		if (s->told[i] && i != (int)which)
			print_error("%s: %s\n", invariant__name(i), s->last.text);
		assert_int_equal(s->told[i], i == (int)which);
		assert_int_equal(invariants__violated(s->c, i), i == (int)which);
		if (i == (int)which)
			assert_int_equal(invariants__verdict(s->c, i), VERDICT_VIOLATED);
		else
			assert_int_not_equal(invariants__verdict(s->c, i), VERDICT_VIOLATED);
	}
}

static inline void incident(struct story *s, uint32_t dev)
{
	timeout(s, 8, 0, 500, dev, 0);
	block(s, dev, 0);
	fence(s, dev);
	reset(s, dev, 0);
	recover(s, dev);
}

#define T(name) cmocka_unit_test_setup_teardown(name, begin, end)

#endif
