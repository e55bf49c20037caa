// SPDX-License-Identifier: GPL-2.0-only
/*
 * Events through the ring buffer into a recording: one CPU makes them, another
 * records. Usage: ring FILE EVENTS RATE (events a second; 0: as fast as it goes).
 * Prints what was made, recorded and lost, and fails if that does not add up.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include <atcq/counters.h>

#include "ring_bench.skel.h"
#include "source/recording.h"

#define BURST	100
#define RING	(32u << 20)	/* as atcq record --every-sync */

struct run {
	struct ring_bench_bpf *skel;
	struct recording_writer *writer;
	uint64_t events, rate, recorded;
	double seconds;
	atomic_bool done;
};

static int quiet(enum libbpf_print_level level, const char *fmt, va_list ap)
{
	(void)level, (void)fmt, (void)ap;
	return 0;
}

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

static void run_on_cpu(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	pthread_setaffinity_np(pthread_self(), sizeof(set), &set);
}

static void *produce(void *arg)
{
	struct run *r = arg;
	double start = now();
	LIBBPF_OPTS(bpf_test_run_opts, opts);

	run_on_cpu(0);
	for (uint64_t n = 0; n < r->events; n += BURST) {
		if (bpf_prog_test_run_opts(bpf_program__fd(r->skel->progs.ring_burst), &opts))
			break;
		while (r->rate && now() - start < (double)(n + BURST) / r->rate)
			;
	}
	r->seconds = now() - start;
	atomic_store(&r->done, true);
	return NULL;
}

static int on_event(void *ctx, void *data, size_t size)
{
	struct run *r = ctx;

	(void)size;
	r->recorded++;
	return recording_writer__event(r->writer, data);
}

static uint64_t lost(const struct run *r)
{
	uint32_t key = ATCQ_CNT_LOST;
	uint64_t v[1024], sum = 0;
	int ncpu = libbpf_num_possible_cpus();

	if (ncpu > 1024 || bpf_map_lookup_elem(bpf_map__fd(r->skel->maps.counters), &key, v))
		return 0;
	for (int i = 0; i < ncpu; i++)
		sum += v[i];
	return sum;
}

static int consume(struct run *r)
{
	struct ring_buffer *ring;
	pthread_t producer;
	bool done;
	int ret = 0;

	ring = ring_buffer__new(bpf_map__fd(r->skel->maps.events), on_event, r, NULL);
	if (!ring)
		return -errno;
	run_on_cpu(1);
	pthread_create(&producer, NULL, produce, r);
	do {
		done = atomic_load(&r->done);
		ret = ring_buffer__poll(ring, 10);
	} while (!done && ret >= 0);
	pthread_join(producer, NULL);
	ring_buffer__free(ring);
	return ret < 0 ? ret : 0;
}

int main(int argc, char **argv)
{
	const struct atcq_rec_end end = { .reason = ATCQ_REC_END_DURATION };
	struct recording_totals totals;
	uint8_t boot[16] = { 0 };
	struct run r = { 0 };
	int ret;

	if (argc != 4)
		return 2;
	r.events = strtoull(argv[2], NULL, 10) / BURST * BURST;
	r.rate = strtoull(argv[3], NULL, 10);
	libbpf_set_print(quiet);
	r.skel = ring_bench_bpf__open();
	if (!r.skel || bpf_map__set_max_entries(r.skel->maps.events, RING) || ring_bench_bpf__load(r.skel)) {
		fprintf(stderr, "ring: no BPF for this process\n");
		return 3;
	}
	ret = recording_writer__open(&r.writer, open(argv[1], O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666), boot, true);
	if (ret)
		return 3;
	ret = consume(&r);
	if (recording_writer__close(r.writer, &end, &totals) || ret)
		return 3;
	printf("%.2f M/s: %llu made, %llu recorded, %llu lost\n", r.events / r.seconds / 1e6,
	       (unsigned long long)r.events, (unsigned long long)totals.events,
	       (unsigned long long)lost(&r));
	ret = r.events != totals.events + lost(&r) || r.recorded != totals.events;
	ring_bench_bpf__destroy(r.skel);
	return ret;
}
