// SPDX-License-Identifier: GPL-2.0-only
/*
 * history FILE INCIDENTS: as many incidents as that, 500 a second of their own time,
 * from 1,000 devices, through the tracker and the recorder into a new database, written
 * five times a second as the daemon would. Says what it took; exit status 1: not all
 * are there.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "core/incident.h"
#include "lib/log.h"
#include "service/history.h"

#define SECOND		1000000000ull
#define BETWEEN		(SECOND / 500)
#define FLUSH_EVERY	100
#define DEVICES		1000
#define BOOT_ID		"6f1c2d3e-4a5b-4c6d-8e9f-001122334455"

struct bench {
	struct recorder *recorder;
	struct tracker *tracker;
};

static void on_phase(void *ctx, const struct incident *inc, enum phase phase)
{
	recorder__phase(((struct bench *)ctx)->recorder, inc, phase);
}

static void happen(struct bench *b, struct atcq_event ev)
{
	ev.version = ATCQ_EVENT_VERSION;
	ev.size = sizeof(ev);
	ev.count = 1;
	ev.ssid = ATCQ_NONE;
	recorder__event(b->recorder, &ev);
	tracker__event(b->tracker, &ev);
}

/* All that is told of one, from the error to the devices' recovery */
static void incident(struct bench *b, uint64_t at, uint32_t bdf, uint32_t prod)
{
	happen(b, (struct atcq_event){ .type = ATCQ_EV_CMDQ_ERROR, .time_ns = at + 10, .prod = prod, .sid = ATCQ_NONE,
		.segment = ATCQ_NONE, .bdf = ATCQ_NONE, .code = ATCQ_CERROR_ATC_INV_SYNC });
	happen(b, (struct atcq_event){ .type = ATCQ_EV_CMD_SYNC, .time_ns = at + 20, .prod = prod, .sid = ATCQ_NONE,
		.segment = ATCQ_NONE, .bdf = ATCQ_NONE, .duration_ns = 20, .ret = -5, .ncmds = 1, .natc = 1 });
	happen(b, (struct atcq_event){ .type = ATCQ_EV_ATC_TIMEOUT, .time_ns = at + 30, .prod = prod, .sid = bdf, .bdf = bdf });
	happen(b, (struct atcq_event){ .type = ATCQ_EV_ATS_BLOCKED, .time_ns = at + 40, .prod = ATCQ_NONE, .sid = bdf,
		.bdf = bdf, .duration_ns = 10 });
	happen(b, (struct atcq_event){ .type = ATCQ_EV_DEVICE_BLOCKED, .time_ns = at + 50, .smmu = ATCQ_NONE, .prod = ATCQ_NONE,
		.sid = ATCQ_NONE, .bdf = bdf, .code = ATCQ_BLOCKED_BROKEN });
	happen(b, (struct atcq_event){ .type = ATCQ_EV_RESET_PREPARE, .time_ns = at + 60, .smmu = ATCQ_NONE, .prod = ATCQ_NONE,
		.sid = ATCQ_NONE, .bdf = bdf });
	happen(b, (struct atcq_event){ .type = ATCQ_EV_RESET_DONE, .time_ns = at + 70, .smmu = ATCQ_NONE, .prod = ATCQ_NONE,
		.sid = ATCQ_NONE, .bdf = bdf });
	happen(b, (struct atcq_event){ .type = ATCQ_EV_DEVICE_UNBLOCKED, .time_ns = at + 80, .smmu = ATCQ_NONE,
		.prod = ATCQ_NONE, .sid = ATCQ_NONE, .bdf = bdf, .code = ATCQ_BLOCKED_BROKEN });
}

static int run(struct bench *b, uint64_t n)
{
	uint64_t at = 100 * SECOND;
	int ret = 0;

	for (uint64_t i = 0; i < n && !ret; i++, at += BETWEEN) {
		incident(b, at, 0x100 + i % DEVICES, i & 0xfffff);
		if (i % FLUSH_EVERY == FLUSH_EVERY - 1)
			ret = recorder__flush(b->recorder, at, false);
	}
	return ret ? ret : recorder__flush(b->recorder, at + 10 * SECOND, true);
}

static double seconds(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
	struct store_boot boot = { .boot_id = BOOT_ID, .kernel = "7.3", .host = "bench", .source = "tracepoints" };
	const struct recorder_totals *t;
	struct bench b = { 0 };
	struct store *store;
	struct rusage use;
	struct error err = { "" };
	double start;
	uint64_t n;
	int ret;

	if (argc != 3)
		return 2;
	n = strtoull(argv[2], NULL, 10);
	if (store__open(&store, argv[1], &err) || store__boot(store, &boot, 0, 0)) {
		fprintf(stderr, "history: %s: %s\n", argv[1], err.text);
		return 1;
	}
	b.recorder = recorder__new(store, BOOT_ID);
	b.tracker = tracker__new(on_phase, &b);
	if (!b.recorder || !b.tracker)
		return 1;
	start = seconds(CLOCK_MONOTONIC);
	ret = run(&b, n);
	start = seconds(CLOCK_MONOTONIC) - start;
	getrusage(RUSAGE_SELF, &use);
	t = recorder__totals(b.recorder);
	printf("%.1f s, %.1f of them CPU, %.1f MiB, %" PRIu64 " kept, %" PRIu64 " lost\n", start,
	       seconds(CLOCK_PROCESS_CPUTIME_ID), use.ru_maxrss / 1024.0, t->kept, t->lost);
	ret = ret || t->kept != n || t->lost;
	tracker__free(b.tracker);
	recorder__free(b.recorder);
	store__close(store);
	return ret;
}
