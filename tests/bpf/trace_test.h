/* SPDX-License-Identifier: GPL-2.0-only */
/* bpf/trace on a kernel that need not have its tracepoints: loaded, run by tracepoint, its events caught. */
#ifndef ATCQ_TRACE_TEST_H
#define ATCQ_TRACE_TEST_H

#include <errno.h>

#include "bpf_test.h"

#include <atcq/counters.h>
#include <atcq/hist.h>

#include "trace.skel.h"

#define MINUS(errno_) ((uint64_t)(uint32_t)-(errno_))	/* how raw_tp passes an int */

#define SMMUS 8		/* with room for a histogram */

struct fixture {
	struct trace_bpf *skel;
	struct ring_buffer *ring;
	struct caught caught;
};

static inline int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	*state = f;
	f->skel = trace_bpf__open();
	if (!f->skel || bpf_map__set_max_entries(f->skel->maps.hists, SMMUS) ||
	    trace_bpf__load(f->skel))
		return -1;
	f->ring = ring_buffer__new(bpf_map__fd(f->skel->maps.events), catch_event, &f->caught, NULL);
	return f->ring ? 0 : -1;
}

static inline int teardown(void **state)
{
	struct fixture *f = *state;

	ring_buffer__free(f->ring);
	trace_bpf__destroy(f->skel);
	free(f);
	return 0;
}

static inline size_t drain(struct fixture *f)
{
	memset(&f->caught, 0, sizeof(f->caught));
	assert_true(ring_buffer__consume(f->ring) >= 0);
	return f->caught.n;
}

static inline const struct bpf_program *program(struct fixture *f, const char *tracepoint)
{
	struct bpf_program *prog;
	char section[64];

	snprintf(section, sizeof(section), "raw_tp/%s", tracepoint);
	bpf_object__for_each_program(prog, f->skel->obj)
		if (!strcmp(bpf_program__section_name(prog), section))
			return prog;
	fail_msg("no program for %s", tracepoint);
	return NULL;
}

static inline int run(struct fixture *f, const char *tracepoint, const uint64_t *args, size_t n)
{
	return run_on(program(f, tracepoint), args, n, 0);
}

static inline uint64_t counted(struct fixture *f, uint32_t which)
{
	return sum_percpu(f->skel->maps.counters, which);
}

/* Sums the histogram of @smmu over the CPUs */
static inline void read_hist(struct fixture *f, uint32_t smmu, struct atcq_hist *out)
{
	int ncpu = libbpf_num_possible_cpus();
	struct atcq_hist *h = calloc(ncpu, sizeof(*h));

	assert_int_equal(bpf_map_lookup_elem(bpf_map__fd(f->skel->maps.hists), &smmu, h), 0);
	memset(out, 0, sizeof(*out));
	for (int c = 0; c < ncpu; c++) {
		out->count += h[c].count;
		out->sum_ns += h[c].sum_ns;
		out->failed += h[c].failed;
		out->disturbed += h[c].disturbed;
		out->disturbed_ns += h[c].disturbed_ns;
		out->atc_invs += h[c].atc_invs;
		out->max_ns = h[c].max_ns > out->max_ns ? h[c].max_ns : out->max_ns;
		for (int b = 0; b < (int)ATCQ_HIST_BUCKETS; b++)
			out->bucket[b] += h[c].bucket[b];
	}
	free(h);
}

#define WITH_OBJECT(t) cmocka_unit_test_setup_teardown(t, setup, teardown)

#endif
