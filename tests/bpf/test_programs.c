// SPDX-License-Identifier: GPL-2.0-only
/* The BPF programs, loaded into this kernel and run with made-up arguments. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include <atcq/counters.h>
#include <atcq/event.h>
#include <atcq/fault.h>
#include <atcq/hist.h>

#include "rule_test.skel.h"
#include "trace.skel.h"

struct got {
	struct atcq_event ev[64];
	size_t n;
};

static int on_record(void *ctx, void *data, size_t size)
{
	struct got *g = ctx;

	assert_int_equal(size, sizeof(struct atcq_event));
	if (g->n < 64)
		memcpy(&g->ev[g->n++], data, size);
	return 0;
}

static int run(const struct bpf_program *prog, const uint64_t *args, size_t n)
{
	uint64_t ctx[12] = { 0 };
	LIBBPF_OPTS(bpf_test_run_opts, opts, .ctx_in = ctx, .ctx_size_in = sizeof(ctx));

	memcpy(ctx, args, n * sizeof(*args));
	assert_int_equal(bpf_prog_test_run_opts(bpf_program__fd(prog), &opts), 0);
	return opts.retval;
}
#define RUN(prog, ...) run(prog, (const uint64_t[]){ __VA_ARGS__ }, \
			   sizeof((const uint64_t[]){ __VA_ARGS__ }) / sizeof(uint64_t))

static struct trace_bpf *load(struct ring_buffer **rb, struct got *g)
{
	struct trace_bpf *skel = trace_bpf__open();

	assert_non_null(skel);
	/* As long as there are SMMUs, which is for the source to say */
	assert_int_equal(bpf_map__set_max_entries(skel->maps.hists, 4), 0);
	assert_int_equal(trace_bpf__load(skel), 0);
	memset(g, 0, sizeof(*g));
	*rb = ring_buffer__new(bpf_map__fd(skel->maps.events), on_record, g, NULL);
	assert_non_null(*rb);
	return skel;
}

static uint64_t counter(const struct trace_bpf *skel, uint32_t which)
{
	uint64_t v[256] = { 0 }, sum = 0;

	assert_int_equal(bpf_map_lookup_elem(bpf_map__fd(skel->maps.counters), &which, v), 0);
	for (int i = 0; i < libbpf_num_possible_cpus(); i++)
		sum += v[i];
	return sum;
}

/* Every field of every event is what the tracepoint said, or "not known". */
static void test_events(void **state)
{
	struct atcq_event want;
	struct ring_buffer *rb;
	struct trace_bpf *s;
	struct got g;

	(void)state;
	s = load(&rb, &g);
	RUN(s->progs.trace_gerror, 1, 0x41);
	RUN(s->progs.trace_cmdq_error, 1, 0x30, 3, 2);
	RUN(s->progs.trace_cmd_sync, 1, 0x30, 7, 6, 12345, (uint32_t)-5);
	RUN(s->progs.trace_atc_timeout, 1, 0x30, 0x200, 0, 0x200);
	RUN(s->progs.trace_ats_blocked, 1, 0x200, 0, 0x200, 777, (uint32_t)-110);
	RUN(s->progs.trace_ats_restored, 1, 0x200, 0, 0x200);
	RUN(s->progs.trace_suppressed, 1, 0x200, 4);
	RUN(s->progs.core_broken, 0, 0x200);
	RUN(s->progs.core_blocked, 0, 0x200, 3, (uint32_t)-12);
	RUN(s->progs.core_unblocked, 0, 0x200, 3);
	RUN(s->progs.core_released, 0, 0x200, 1);
	RUN(s->progs.core_reset_prepare, 0, 0x200, 0);
	RUN(s->progs.core_reset_done, 0, 0x200, (uint32_t)-25);
	RUN(s->progs.core_fault_fired, 1, 1, 0x200);
	assert_int_equal(ring_buffer__consume(rb), 14);
	for (size_t i = 0; i < g.n; i++) {
		static const uint16_t types[] = {
			ATCQ_EV_GERROR, ATCQ_EV_CMDQ_ERROR, ATCQ_EV_CMD_SYNC, ATCQ_EV_ATC_TIMEOUT,
			ATCQ_EV_ATS_BLOCKED, ATCQ_EV_ATS_RESTORED, ATCQ_EV_ATC_SUPPRESSED,
			ATCQ_EV_DEVICE_BROKEN, ATCQ_EV_DEVICE_BLOCKED, ATCQ_EV_DEVICE_UNBLOCKED,
			ATCQ_EV_DEVICE_RELEASED, ATCQ_EV_RESET_PREPARE, ATCQ_EV_RESET_DONE,
			ATCQ_EV_FAULT_FIRED,
		};

		assert_int_equal(g.ev[i].version, ATCQ_EVENT_VERSION);
		assert_int_equal(g.ev[i].size, sizeof(struct atcq_event));
		assert_int_equal(g.ev[i].type, types[i]);
		assert_int_equal(g.ev[i].reserved, 0);
		assert_int_equal(g.ev[i].ssid, ATCQ_NONE);
		assert_true(g.ev[i].count >= 1);
		if (i)
			assert_true(g.ev[i].time_ns >= g.ev[i - 1].time_ns);
	}
	want = g.ev[2];
	want.smmu = 1, want.prod = 0x30, want.ncmds = 7, want.natc = 6;
	want.duration_ns = 12345, want.ret = -5, want.sid = ATCQ_NONE, want.bdf = ATCQ_NONE;
	want.segment = ATCQ_NONE, want.code = 0, want.source = 0, want.count = 1;
	assert_memory_equal(&g.ev[2], &want, sizeof(want));
	assert_int_equal(g.ev[1].code, ATCQ_CERROR_ATC_INV_SYNC);
	assert_int_equal(g.ev[1].source, ATCQ_RAISED_INJECTED);
	assert_int_equal(g.ev[3].sid, 0x200);
	assert_int_equal(g.ev[4].ret, -110);
	assert_int_equal(g.ev[6].count, 4);
	assert_int_equal(g.ev[8].code, ATCQ_BLOCKED_BROKEN);
	assert_int_equal(g.ev[8].ret, -12);
	assert_int_equal(g.ev[12].ret, -25);
	assert_int_equal(g.ev[13].code, ATCQ_FAULT_ATC_TIMEOUT);
	ring_buffer__free(rb);
	trace_bpf__destroy(s);
}

/* A CMD_SYNC that went well is counted and measured, but makes no event. */
static void test_histogram(void **state)
{
	static struct atcq_hist h[256];
	struct ring_buffer *rb;
	struct trace_bpf *s;
	uint32_t smmu = 2;
	uint64_t count = 0, bin = 0;
	struct got g;

	(void)state;
	s = load(&rb, &g);
	for (int i = 0; i < 10; i++)
		RUN(s->progs.trace_cmd_sync, smmu, i, 2, 1, 5000, 0);
	RUN(s->progs.trace_cmd_sync, smmu, 99, 2, 0, 70ull << 30, 0);
	assert_int_equal(ring_buffer__consume(rb), 0);
	assert_int_equal(counter(s, ATCQ_CNT_CMD_SYNCS), 11);
	assert_int_equal(counter(s, ATCQ_CNT_ATC_INVS), 10);
	assert_int_equal(counter(s, ATCQ_CNT_CMD_SYNC_FAILURES), 0);
	assert_int_equal(bpf_map_lookup_elem(bpf_map__fd(s->maps.hists), &smmu, h), 0);
	for (int i = 0; i < libbpf_num_possible_cpus(); i++) {
		count += h[i].count;
		bin += h[i].bucket[atcq_hist_index(5000)];
	}
	assert_int_equal(count, 11);
	assert_int_equal(bin, 10);
	ring_buffer__free(rb);
	trace_bpf__destroy(s);
}

/* What does not fit into the ring buffer is counted, and what did is whole. */
static void test_full_ring(void **state)
{
	struct ring_buffer *rb;
	struct trace_bpf *s;
	struct got g;
	int kept;

	(void)state;
	s = load(&rb, &g);
	for (int i = 0; i < 5000; i++)
		RUN(s->progs.trace_gerror, 0, 1);
	kept = ring_buffer__consume(rb);
	assert_true(kept > 0 && kept < 5000);
	assert_int_equal(counter(s, ATCQ_CNT_LOST), 5000 - kept);
	assert_int_equal(counter(s, ATCQ_CNT_GERRORS), 5000);
	ring_buffer__free(rb);
	trace_bpf__destroy(s);
}

static uint64_t boot_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_BOOTTIME, &ts);
	return ts.tv_sec * 1000000000ull + ts.tv_nsec;
}

static void set_rule(struct rule_test_bpf *s, const struct atcq_rule *rule)
{
	uint32_t zero = 0;

	assert_int_equal(bpf_map_update_elem(bpf_map__fd(s->maps.rules), &zero, rule, BPF_ANY), 0);
}

static struct atcq_rule_state get_state(struct rule_test_bpf *s)
{
	struct atcq_rule_state st;
	uint32_t zero = 0;

	assert_int_equal(bpf_map_lookup_elem(bpf_map__fd(s->maps.states), &zero, &st), 0);
	return st;
}

/* A rule fires for its Stream IDs alone, and not more often than it may. */
static void test_rule(void **state)
{
	struct rule_test_bpf *s = rule_test_bpf__open_and_load();
	struct atcq_rule rule = {
		.deadline_ns = boot_ns() + 60000000000ull, .times = 3, .smmu = 0,
		.nsids = 2, .sids = { 0x200, 0x208 },
	};
	struct atcq_rule_state st;
	int fired = 0;

	(void)state;
	assert_non_null(s);
	assert_int_equal(RUN(s->progs.rule_test, 0, 0x200), 0);	/* no rule yet */
	set_rule(s, &rule);
	assert_int_equal(RUN(s->progs.rule_test, 0, 0x300), 0);
	assert_int_equal(RUN(s->progs.rule_test, 1, 0x200), 0);
	assert_int_equal(RUN(s->progs.rule_test, 0, 0), 0);
	for (int i = 0; i < 10; i++)
		fired += RUN(s->progs.rule_test, 0, i % 2 ? 0x200 : 0x208);
	assert_int_equal(fired, 3);
	st = get_state(s);
	assert_int_equal(st.fired, 3);
	assert_int_equal(st.matched, 11);	/* with the call before there was a rule: */
	assert_int_equal(st.expired, 1);	/* all zeroes is past its deadline */
	rule_test_bpf__destroy(s);
}

/* Past its deadline a rule never fires, whoever still holds it. */
static void test_deadline(void **state)
{
	struct rule_test_bpf *s = rule_test_bpf__open_and_load();
	struct atcq_rule rule = { .deadline_ns = boot_ns() - 1, .smmu = ATCQ_NONE };
	struct atcq_rule_state st;

	(void)state;
	assert_non_null(s);
	set_rule(s, &rule);
	for (int i = 0; i < 5; i++)
		assert_int_equal(RUN(s->progs.rule_test, 0, 0x200), 0);
	st = get_state(s);
	assert_int_equal(st.expired, 5);
	assert_int_equal(st.fired, 0);
	rule.deadline_ns = boot_ns() + 60000000000ull;	/* without a limit it goes on */
	set_rule(s, &rule);
	for (int i = 0; i < 5; i++)
		assert_int_equal(RUN(s->progs.rule_test, 7, i), 1);
	rule_test_bpf__destroy(s);
}

/* May we load programs here at all? A reason if not. */
static const char *cannot(void)
{
	static char why[128];
	struct rule_test_bpf *s = rule_test_bpf__open_and_load();

	if (s) {
		rule_test_bpf__destroy(s);
		return NULL;
	}
	snprintf(why, sizeof(why), "BPF programs cannot be loaded here: %s", strerror(errno));
	return why;
}

static int silent(enum libbpf_print_level level, const char *fmt, va_list ap)
{
	(void)level, (void)fmt, (void)ap;
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_events), cmocka_unit_test(test_histogram),
		cmocka_unit_test(test_full_ring), cmocka_unit_test(test_rule),
		cmocka_unit_test(test_deadline),
	};
	const char *why;

	libbpf_set_print(silent);
	why = cannot();
	if (why) {
		printf("%s\n", why);
		return 77;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
