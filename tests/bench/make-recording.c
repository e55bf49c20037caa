// SPDX-License-Identifier: GPL-2.0-only
/*
 * A recording of made-up events through the real writer: incidents one after the
 * other, each of ten events as a patched kernel sends them, and CMD_SYNCs in
 * between. Usage: make-recording FILE INCIDENTS SYNCS-PER-INCIDENT [DEVICES [RATE]]
 * (of 1,000 devices, two of them described; RATE: so many events a second)
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/event.h"
#include "core/incident.h"
#include "source/recording.h"

#define BOOT "6f1c0c1e-9f2a-4b53-8a5e-0123456789ab"
#define START_NS 5000000000ull

struct maker {
	struct recording_writer *w;
	uint64_t now, events, seed, step_ns;
	uint32_t devices;	/* all described; 0: see above */
	uint32_t prod;
	struct atcq_hist hist;
};

/* xorshift: the same numbers on every machine */
static uint64_t noise(struct maker *m, uint64_t below)
{
	m->seed ^= m->seed << 13;
	m->seed ^= m->seed >> 7;
	m->seed ^= m->seed << 17;
	return m->seed % below;
}

static void put(struct maker *m, struct atcq_event ev, uint64_t after_ns)
{
	m->now += m->step_ns ? m->step_ns : after_ns;
	ev.version = ATCQ_EVENT_VERSION;
	ev.size = sizeof(ev);
	ev.time_ns = m->now;
	ev.cpu = noise(m, 8);
	ev.ssid = ATCQ_NONE;
	ev.count = 1;
	if (recording_writer__event(m->w, &ev)) {
		fprintf(stderr, "make-recording: the recording cannot be written\n");
		exit(1);
	}
	m->events++;
}

static void sync_done(struct maker *m, int ret)
{
	uint64_t ns = (ret ? 4500 : 1500) + noise(m, 1000);

	m->prod = (m->prod + 3) & 0xfffff;
	put(m, (struct atcq_event){
		.type = ATCQ_EV_CMD_SYNC, .smmu = 0, .sid = ATCQ_NONE, .prod = m->prod,
		.segment = ATCQ_NONE, .bdf = ATCQ_NONE, .ret = ret, .ncmds = 1, .natc = 1,
		.duration_ns = ns }, 3000 + noise(m, 1000));
	m->hist.count++;
	m->hist.sum_ns += ns;
	m->hist.failed += !!ret;
	m->hist.bucket[atcq_hist_index(ns)]++;
	if (ns > m->hist.max_ns)
		m->hist.max_ns = ns;
}

static void incident(struct maker *m, uint32_t i)
{
	const uint32_t bdf = 0x100 + i % (m->devices ? m->devices : 1000), none = ATCQ_NONE;
	struct atcq_event queue = { .smmu = 0, .sid = none, .segment = none, .bdf = none };
	struct atcq_event core = { .smmu = none, .sid = none, .segment = 0, .bdf = bdf, .prod = none };
	struct atcq_event stream = { .smmu = 0, .sid = bdf, .segment = 0, .bdf = bdf };

	queue.prod = (m->prod + 3) & 0xfffff;
	stream.prod = queue.prod;
	queue.type = ATCQ_EV_GERROR, queue.code = 1;
	put(m, queue, 1000);
	queue.type = ATCQ_EV_CMDQ_ERROR, queue.code = ATCQ_CERROR_ATC_INV_SYNC;
	put(m, queue, 100);
	sync_done(m, -5);
	stream.type = ATCQ_EV_ATC_TIMEOUT;
	put(m, stream, 700 + noise(m, 100));
	stream.type = ATCQ_EV_ATS_BLOCKED, stream.prod = none;
	stream.duration_ns = 700;
	put(m, stream, 900 + noise(m, 200));
	core.type = ATCQ_EV_DEVICE_BROKEN;
	put(m, core, 400);
	core.type = ATCQ_EV_DEVICE_BLOCKED, core.code = ATCQ_BLOCKED_BROKEN;
	put(m, core, 8000 + noise(m, 4000));
	core.type = ATCQ_EV_RESET_PREPARE, core.code = 0;
	put(m, core, 20000);
	core.type = ATCQ_EV_RESET_DONE;
	put(m, core, 100000 + noise(m, 1000));
	core.type = ATCQ_EV_DEVICE_UNBLOCKED, core.code = ATCQ_BLOCKED_BROKEN;
	put(m, core, 4000 + noise(m, 1000));
}

static struct device *make_devices(uint32_t n)
{
	struct device *dev = calloc(n, sizeof(*dev));

	for (uint32_t i = 0; dev && i < n; i++) {
		dev[i] = (struct device){
			.addr = 0x100 + i, .vendor_id = 0x1af4, .name = "made up", .driver = "vfio-pci",
			.group = i + 1, .sids = { 0x100 + i }, .nsids = 1, .ats = ATS_ON, .state_known = true,
		};
		bdf__format(0, dev[i].addr, dev[i].bdf);
	}
	return dev;
}

static void begin(struct maker *m)
{
	uint32_t ndev = m->devices ? m->devices : 2;
	struct device *dev = make_devices(ndev);
	struct meta meta = {
		.atcq = "bench", .boot_id = BOOT, .kernel = "7.3.4", .build = "#1 SMP", .machine = "aarch64",
		.host = "made-up", .source = "tracepoints", .cpus = 8, .start_ns = START_NS,
		.inv = { .dev = dev, .ndev = dev ? ndev : 0, .nsmmu = 1 },
	};
	struct atcq_rec_clock clock = {
		.prefix = { ATCQ_REC_RECORD_VERSION, ATCQ_REC_CLOCK, sizeof(clock) },
		.boottime_ns = START_NS, .realtime_ns = 1800000000000000000ull, .monotonic_ns = START_NS,
	};
	struct atcq_rec_prefix *rec = meta__encode(&meta);

	for (int i = 0; rec && i < 2; i++) {
		recording_writer__record(m->w, rec);
		recording_writer__record(m->w, &clock.prefix);
		recording_writer__flush(m->w);
	}
	free(rec);
	free(dev);
}

static int end(struct maker *m)
{
	_Alignas(8) static uint8_t hist[STATE_HIST_MAX];
	struct atcq_rec_counters counters = {
		.prefix = { ATCQ_REC_RECORD_VERSION, ATCQ_REC_COUNTERS, sizeof(counters) },
		.time_ns = m->now, .events = m->events, .cmd_syncs = m->hist.count,
		.cmd_sync_failures = m->hist.failed, .gerrors = m->hist.failed,
		.cmdq_errors = m->hist.failed, .atc_invs = m->hist.count,
	};
	struct atcq_rec_end last = { .time_ns = m->now, .reason = ATCQ_REC_END_DURATION };
	struct recording_totals totals;

	state__hist_encode(&m->hist, 0, m->now, hist);
	recording_writer__record(m->w, &counters.prefix);
	recording_writer__record(m->w, (const void *)hist);
	if (recording_writer__close(m->w, &last, &totals))
		return 1;
	printf("%llu events, %llu bytes\n", (unsigned long long)totals.events,
	       (unsigned long long)totals.bytes);
	return 0;
}

int main(int argc, char **argv)
{
	struct maker m = { .now = START_NS, .seed = 88172645463325252ull };
	uint8_t boot[16];
	int fd;

	if (argc < 4 || argc > 6) {
		fprintf(stderr, "Usage: make-recording FILE INCIDENTS SYNCS-PER-INCIDENT [DEVICES [RATE]]\n");
		return 2;
	}
	m.devices = argc > 4 ? strtoul(argv[4], NULL, 10) : 0;
	m.step_ns = argc > 5 ? 1000000000 / strtoul(argv[5], NULL, 10) : 0;
	fd = open(argv[1], O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	boot_id__parse(BOOT, boot);
	if (fd < 0 || recording_writer__open(&m.w, fd, boot, false)) {
		perror(argv[1]);
		return 1;
	}
	begin(&m);
	for (unsigned long i = 0; i < strtoul(argv[2], NULL, 10); i++) {
		for (unsigned long j = 0; j < strtoul(argv[3], NULL, 10); j++)
			sync_done(&m, 0);
		incident(&m, i);
	}
	return end(&m);
}
