/* SPDX-License-Identifier: GPL-2.0-only */
/* Runs programs with arguments of the test's choice: BPF_PROG_TEST_RUN, no hook needed. */
#ifndef ATCQ_BPF_TEST_H
#define ATCQ_BPF_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <cmocka.h>

#include <atcq/event.h>

#define EXIT_SKIP	77
#define RAW_TP_ARGS	12	/* MAX_BPF_FUNC_ARGS: more than any tracepoint has */

/* Ends the program with 77 and the reason where BPF is not to be had */
static inline void need_bpf(void)
{
	int fd = bpf_map_create(BPF_MAP_TYPE_RINGBUF, "atcq_probe", 0, 0, 4096, NULL);

	if (fd < 0) {
		printf("SKIP: no BPF for this process: %s (needs root or CAP_BPF)\n",
		       strerror(-fd));
		exit(EXIT_SKIP);
	}
	close(fd);
}

/* What the program returned; -1 = it did not run */
static inline int run_on(const struct bpf_program *prog, const uint64_t *args, size_t n, int cpu)
{
	uint64_t ctx[RAW_TP_ARGS];
	LIBBPF_OPTS(bpf_test_run_opts, opts, .ctx_in = ctx, .ctx_size_in = sizeof(ctx),
		    .flags = BPF_F_TEST_RUN_ON_CPU, .cpu = cpu);

	/* What lies behind a tracepoint's own arguments is not for anybody to read */
	for (size_t i = 0; i < RAW_TP_ARGS; i++)
		ctx[i] = i < n ? args[i] : 0xdeadbeefdeadbeefull;
	if (bpf_prog_test_run_opts(bpf_program__fd(prog), &opts))
		return -1;
	return opts.retval;
}

static inline uint64_t boot_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_BOOTTIME, &ts);
	return ts.tv_sec * 1000000000ull + ts.tv_nsec;
}

/* Sums key @which of a per-CPU array of __u64 */
static inline uint64_t sum_percpu(const struct bpf_map *map, uint32_t which)
{
	uint64_t v[1024], sum = 0;
	int ncpu = libbpf_num_possible_cpus();

	assert_true(ncpu > 0 && ncpu <= 1024);
	assert_int_equal(bpf_map_lookup_elem(bpf_map__fd(map), &which, v), 0);
	for (int i = 0; i < ncpu; i++)
		sum += v[i];
	return sum;
}

struct caught {
	struct atcq_event last;
	size_t n;
};

static inline int catch_event(void *ctx, void *data, size_t size)
{
	struct caught *c = ctx;

	assert_int_equal(size, sizeof(struct atcq_event));
	memcpy(&c->last, data, sizeof(c->last));
	c->n++;
	return 0;
}

#endif
