// SPDX-License-Identifier: GPL-2.0-only
/* bpf/trace on a kernel that need not have its tracepoints. */
#include <errno.h>

#include "bpf_test.h"

#include <atcq/counters.h>
#include <atcq/hist.h>

#include "trace.skel.h"

#define NONE ATCQ_NONE
#define MAX_ARGS 6

struct fixture {
	struct trace_bpf *skel;
	struct ring_buffer *ring;
	struct caught caught;
};

#define SMMUS 8

static int setup(void **state)
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

static int teardown(void **state)
{
	struct fixture *f = *state;

	ring_buffer__free(f->ring);
	trace_bpf__destroy(f->skel);
	free(f);
	return 0;
}

static size_t drain(struct fixture *f)
{
	memset(&f->caught, 0, sizeof(f->caught));
	assert_true(ring_buffer__consume(f->ring) >= 0);
	return f->caught.n;
}

static const struct bpf_program *program(struct fixture *f, const char *tracepoint)
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

static int run(struct fixture *f, const char *tracepoint, const uint64_t *args, size_t n)
{
	return run_on(program(f, tracepoint), args, n, 0);
}

static uint64_t counted(struct fixture *f, uint32_t which)
{
	return sum_percpu(f->skel->maps.counters, which);
}

/* A record with what every one has; the rest is the case's */
#define EVENT(t, ...) {							\
	.version = ATCQ_EVENT_VERSION, .type = (t), .size = ATCQ_EVENT_SIZE,	\
	__VA_ARGS__, .count = 1 }
#define MINUS(errno_) ((uint64_t)(uint32_t)-(errno_))	/* how raw_tp passes an int */

static const struct {
	const char *tracepoint;
	size_t nargs;
	uint64_t args[MAX_ARGS];
	struct atcq_event want;
} cases[] = {
	{ "arm_smmu_cmd_sync", 6, { 1, 0x8002, 7, 3, 1500, MINUS(EIO) },
	  EVENT(ATCQ_EV_CMD_SYNC, .smmu = 1, .prod = 0x8002, .ncmds = 7, .natc = 3,
		.duration_ns = 1500, .ret = -EIO, .sid = NONE, .ssid = NONE, .segment = NONE, .bdf = NONE) },
	{ "arm_smmu_cmd_sync_disturbed", 6, { 1, 0x8002, 7, 3, 1500, MINUS(EIO) },
	  EVENT(ATCQ_EV_CMD_SYNC, .smmu = 1, .prod = 0x8002, .ncmds = 7, .natc = 3,
		.duration_ns = 1500, .ret = -EIO, .sid = NONE, .ssid = NONE, .segment = NONE, .bdf = NONE) },
	{ "arm_smmu_cmd_sync_disturbed", 6, { 1, 0x8002, 7, 3, 1500, 0 },
	  EVENT(ATCQ_EV_SYNC_DELAYED, .smmu = 1, .prod = NONE, .natc = 3, .duration_ns = 1500, .sid = NONE,
		.ssid = NONE, .segment = NONE, .bdf = NONE) },
	{ "arm_smmu_gerror", 2, { 2, 0x81 },
	  EVENT(ATCQ_EV_GERROR, .smmu = 2, .code = 0x81, .sid = NONE, .ssid = NONE, .prod = NONE,
		.segment = NONE, .bdf = NONE) },
	{ "arm_smmu_cmdq_error", 5, { 0, 0x1f0c, 3, 1, 77 },
	  EVENT(ATCQ_EV_CMDQ_ERROR, .smmu = 0, .prod = 0x1f0c, .code = 3, .source = ATCQ_RAISED_ISSUER, .time_ns = 77,
		.sid = NONE, .ssid = NONE, .segment = NONE, .bdf = NONE) },
	{ "arm_smmu_atc_timeout", 5, { 3, 9, 0x100, 1, 0x0100 },
	  EVENT(ATCQ_EV_ATC_TIMEOUT, .smmu = 3, .prod = 9, .sid = 0x100, .segment = 1, .bdf = 0x0100,
		.ssid = NONE) },
	{ "arm_smmu_ats_blocked", 6, { 0, 0x100, 0, 0x0100, 1ull << 33, MINUS(ETIMEDOUT) },
	  EVENT(ATCQ_EV_ATS_BLOCKED, .smmu = 0, .sid = 0x100, .segment = 0, .bdf = 0x0100,
		.duration_ns = 1ull << 33, .ret = -ETIMEDOUT, .ssid = NONE, .prod = NONE) },
	{ "arm_smmu_atc_answered", 4, { 2, 0x107, 0, 0x0107 },
	  EVENT(ATCQ_EV_ATC_ANSWERED, .smmu = 2, .sid = 0x107, .segment = 0, .bdf = 0x0107, .ssid = NONE,
		.prod = NONE) },
	{ "arm_smmu_ats_restored", 4, { 0, 0x100, 0, 0x0100 },
	  EVENT(ATCQ_EV_ATS_RESTORED, .smmu = 0, .sid = 0x100, .segment = 0, .bdf = 0x0100,
		.ssid = NONE, .prod = NONE) },
	{ "iommu_device_broken", 2, { 0xffff, 0x0208 },
	  EVENT(ATCQ_EV_DEVICE_BROKEN, .segment = 0xffff, .bdf = 0x0208, .smmu = NONE, .sid = NONE,
		.ssid = NONE, .prod = NONE) },
	{ "iommu_device_blocked", 4, { 0, 0x0100, ATCQ_BLOCKED_BROKEN, MINUS(ENOMEM) },
	  EVENT(ATCQ_EV_DEVICE_BLOCKED, .segment = 0, .bdf = 0x0100, .code = ATCQ_BLOCKED_BROKEN,
		.ret = -ENOMEM, .smmu = NONE, .sid = NONE, .ssid = NONE, .prod = NONE) },
	{ "iommu_device_unblocked", 3, { 0, 0x0100, ATCQ_BLOCKED_RESET_FAILED },
	  EVENT(ATCQ_EV_DEVICE_UNBLOCKED, .segment = 0, .bdf = 0x0100, .code = ATCQ_BLOCKED_RESET_FAILED,
		.smmu = NONE, .sid = NONE, .ssid = NONE, .prod = NONE) },
	{ "iommu_reset_prepare", 3, { 0, 0x0100, 0 },
	  EVENT(ATCQ_EV_RESET_PREPARE, .segment = 0, .bdf = 0x0100, .ret = 0, .smmu = NONE,
		.sid = NONE, .ssid = NONE, .prod = NONE) },
	{ "iommu_reset_done", 3, { 0, 0x0100, MINUS(ENOTTY) },
	  EVENT(ATCQ_EV_RESET_DONE, .segment = 0, .bdf = 0x0100, .ret = -ENOTTY, .smmu = NONE,
		.sid = NONE, .ssid = NONE, .prod = NONE) },
	{ "iommu_device_released", 3, { 0, 0x0100, 3 },
	  EVENT(ATCQ_EV_DEVICE_RELEASED, .segment = 0, .bdf = 0x0100, .code = 3, .smmu = NONE,
		.sid = NONE, .ssid = NONE, .prod = NONE) },
	{ "iommu_fault_fired", 5, { 8, NONE, NONE, 0, 0x0200 },
	  EVENT(ATCQ_EV_FAULT_FIRED, .code = 8, .segment = 0, .bdf = 0x0200, .smmu = NONE,
		.sid = NONE, .ssid = NONE, .prod = NONE) },
	{ "iommu_fault_fired", 5, { 1, 0, 0x100, NONE, NONE },
	  EVENT(ATCQ_EV_FAULT_FIRED, .code = 1, .smmu = 0, .sid = 0x100, .ssid = NONE, .prod = NONE,
		.segment = NONE, .bdf = NONE) },
};
#define NCASES (sizeof(cases) / sizeof(cases[0]))

/* Each tracepoint gives exactly its record, every byte of it, with time and CPU. */
static void check_records(struct fixture *f)
{
	struct atcq_event got;

	for (size_t i = 0; i < NCASES; i++) {
		uint64_t before = boot_ns();

		assert_int_equal(run(f, cases[i].tracepoint, cases[i].args, cases[i].nargs), 0);
		assert_int_equal(drain(f), 1);
		got = f->caught.last;
		if (got.cpu != 0 || (!cases[i].want.time_ns &&
				     (got.time_ns < before || got.time_ns > boot_ns())))
			fail_msg("%s: not of this time and CPU", cases[i].tracepoint);
		if (!cases[i].want.time_ns)
			got.time_ns = 0;
		if (memcmp(&got, &cases[i].want, sizeof(got)))
			fail_msg("%s: another record than expected", cases[i].tracepoint);
	}
}

static void test_records(void **state)
{
	check_records(*state);
}

/* What was in the ring buffer before does not show through in later records. */
static void test_no_stale_bytes(void **state)
{
	static const uint64_t ones[MAX_ARGS] = { ~0ull, ~0ull, ~0ull, ~0ull, ~0ull, ~0ull };
	struct fixture *f = *state;

	/* More than the whole buffer, so that every byte of it was written */
	for (int i = 0; i < 4000; i++) {
		assert_int_equal(run(f, "arm_smmu_ats_blocked", ones, 6), 0);
		if (i % 1000 == 999)
			drain(f);
	}
	check_records(f);
}

/* ATC_INVs that were not sent: one record, counted as many as there were. */
static void test_suppressed(void **state)
{
	const uint64_t args[] = { 0, 0x100, 5 };
	struct fixture *f = *state;

	assert_int_equal(run(f, "arm_smmu_atc_inv_suppressed", args, 3), 0);
	assert_int_equal(drain(f), 1);
	assert_int_equal(f->caught.last.type, ATCQ_EV_ATC_SUPPRESSED);
	assert_int_equal(f->caught.last.sid, 0x100);
	assert_int_equal(f->caught.last.count, 5);
	assert_int_equal(counted(f, ATCQ_CNT_ATC_SUPPRESSED), 5);
}

/* Sums the histogram of @smmu over the CPUs */
static void read_hist(struct fixture *f, uint32_t smmu, struct atcq_hist *out)
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

/* A CMD_SYNC that went well is counted and makes no record. */
static void test_cmd_sync_ok(void **state)
{
	const uint64_t args[] = { 0, 1, 4, 2, 900, 0 };
	struct fixture *f = *state;
	struct atcq_hist got;

	for (int i = 0; i < 100; i++)
		assert_int_equal(run(f, "arm_smmu_cmd_sync", args, 6), 0);
	assert_int_equal(drain(f), 0);
	read_hist(f, 0, &got);
	assert_int_equal(got.count, 100);
	assert_int_equal(got.atc_invs, 200);
	assert_int_equal(got.failed, 0);
	assert_int_equal(counted(f, ATCQ_CNT_CMD_SYNCS), 0);
}

/* Where the driver counts: only what is not usual, and what it waited for. */
static void test_disturbed(void **state)
{
	const uint64_t error[] = { 0, 0x1f0c, ATCQ_CERROR_ATC_INV_SYNC, 0, 77 };
	uint64_t args[] = { 0, 1, 4, 2, 900, MINUS(EIO) };
	struct fixture *f = *state;
	struct atcq_hist got;

	assert_int_equal(run(f, "arm_smmu_cmdq_error", error, 5), 0);
	assert_int_equal(run(f, "arm_smmu_cmd_sync_disturbed", args, 6), 0);
	drain(f);
	args[5] = 0;
	assert_int_equal(run(f, "arm_smmu_cmd_sync_disturbed", args, 6), 0);
	assert_int_equal(drain(f), 1);
	assert_int_equal(f->caught.last.type, ATCQ_EV_SYNC_DELAYED);
	assert_int_equal(f->caught.last.prod, 0x1f0c);
	read_hist(f, 0, &got);
	assert_int_equal(got.count, 0);
	assert_int_equal(got.failed, 1);
	assert_int_equal(got.disturbed, 2);
	assert_int_equal(got.disturbed_ns, 1800);
}

/* Durations land in the bucket that the header computes, on whichever CPU, per SMMU. */
static void test_histogram(void **state)
{
	static const uint64_t ns[] = { 0, 31, 32, 33, 1023, 1024, 1712, 1000000000,
				       (1ull << 36) - 1, 1ull << 36, ~0ull >> 8 };
	struct fixture *f = *state;
	const struct bpf_program *prog = program(f, "arm_smmu_cmd_sync");
	int ncpu = sysconf(_SC_NPROCESSORS_ONLN);
	struct atcq_hist want = { 0 }, got;

	for (size_t i = 0; i < sizeof(ns) / sizeof(ns[0]); i++) {
		const uint64_t args[] = { 5, 1, 1, 0, ns[i], i == 6 ? MINUS(ETIMEDOUT) : 0 };

		assert_int_equal(run_on(prog, args, 6, i % ncpu), 0);
		want.count++;
		want.sum_ns += ns[i];
		want.max_ns = ns[i] > want.max_ns ? ns[i] : want.max_ns;
		want.bucket[atcq_hist_index(ns[i])]++;
	}
	want.failed = 1;
	want.disturbed = 1;	/* what failed is not usual */
	want.disturbed_ns = ns[6];
	read_hist(f, 5, &got);
	assert_memory_equal(&got, &want, sizeof(got));
	read_hist(f, 6, &got);
	assert_int_equal(got.count, 0);
}

/* More SMMUs than there is room for histograms: still counted, and no harm done. */
static void test_many_smmus(void **state)
{
	struct fixture *f = *state;
	struct atcq_hist got;
	uint32_t i;

	for (i = 0; i < SMMUS + 3; i++) {
		const uint64_t args[] = { i, 1, 1, 0, 100, 0 };

		assert_int_equal(run(f, "arm_smmu_cmd_sync", args, 6), 0);
	}
	for (i = 0; i < SMMUS; i++) {
		read_hist(f, i, &got);
		assert_int_equal(got.count, 1);
	}
	assert_int_equal(counted(f, ATCQ_CNT_CMD_SYNCS), 3);
}

/* The record of one CMD_SYNC of @smmu that waited or failed, or NULL */
static const struct atcq_event *one_sync(struct fixture *f, uint32_t smmu, uint64_t ns, int err)
{
	const uint64_t args[] = { smmu, 1, 1, 0, ns, MINUS(err) };

	assert_int_equal(run(f, "arm_smmu_cmd_sync", args, 6), 0);
	return drain(f) ? &f->caught.last : NULL;
}

/* Who waited for a CMDQ error is told with what is usual; who did not, or failed, is not. */
static void test_delay(void **state)
{
	const uint64_t atc[] = { 0, 0x77, ATCQ_CERROR_ATC_INV_SYNC, 0, 1 };
	const uint64_t ill[] = { 0, 9, ATCQ_CERROR_ILL, 0, 1 };
	const uint64_t long_ns = 100000000;
	struct fixture *f = *state;
	const struct atcq_event *ev;
	struct atcq_hist h;

	for (int i = 0; i < 10; i++)
		assert_null(one_sync(f, 0, 1000, 0));
	assert_int_equal(run(f, "arm_smmu_cmdq_error", ill, 5), 0);
	assert_int_equal(drain(f), 1);
	assert_null(one_sync(f, 0, 2000, 0));
	assert_int_equal(run(f, "arm_smmu_cmdq_error", atc, 5), 0);
	assert_int_equal(drain(f), 1);
	for (int i = 0; i < 2; i++) {
		ev = one_sync(f, 0, long_ns, 0);
		assert_non_null(ev);
		assert_int_equal(ev->type, ATCQ_EV_SYNC_DELAYED);
		assert_int_equal(ev->prod, 0x77);
		assert_int_equal(ev->duration_ns, long_ns);
		assert_int_equal(ev->usual_ns, 12000 / 11);
	}
	ev = one_sync(f, 0, long_ns, EIO);
	assert_int_equal(ev->type, ATCQ_EV_CMD_SYNC);
	assert_null(one_sync(f, 1, long_ns, 0));
	usleep(2000);
	assert_null(one_sync(f, 0, 1000, 0));
	read_hist(f, 0, &h);
	assert_int_equal(h.disturbed, 3);
	assert_int_equal(h.disturbed_ns, 3 * long_ns);
}

/* With the ring buffer full, each event is either there or counted as lost. */
static void test_full_ring(void **state)
{
	const uint64_t args[] = { 0, 1 };
	struct fixture *f = *state;
	size_t sent = 4000, got, lost;

	for (size_t i = 0; i < sent; i++)
		assert_int_equal(run(f, "arm_smmu_gerror", args, 2), 0);
	lost = counted(f, ATCQ_CNT_LOST);
	got = drain(f);
	assert_true(lost > 0);
	assert_int_equal(got + lost, sent);
	assert_int_equal(counted(f, ATCQ_CNT_GERRORS), sent);
	/* And it goes on once there is room */
	assert_int_equal(run(f, "arm_smmu_gerror", args, 2), 0);
	assert_int_equal(drain(f), 1);
	assert_int_equal(counted(f, ATCQ_CNT_LOST), lost);
}

/* A kernel that lacks a tracepoint gets the other programs. */
static void test_partial(void **state)
{
	struct trace_bpf *skel = trace_bpf__open();
	struct bpf_program *prog;
	/* arm_smmu_atc_inv_suppressed: by test_suppressed(); test_stock tries the neighbours' */
	int n = 0, tested = 4;

	(void)state;
	assert_non_null(skel);
	bpf_object__for_each_program(prog, skel->obj)
		bpf_program__set_autoload(prog, n++ % 2);
	/* No program is without a test; the cases of one stand together */
	for (size_t i = 0; i < NCASES; i++)
		tested += !i || strcmp(cases[i].tracepoint, cases[i - 1].tracepoint);
	assert_int_equal(n, tested);
	assert_int_equal(trace_bpf__load(skel), 0);
	bpf_object__for_each_program(prog, skel->obj)
		assert_true(!bpf_program__autoload(prog) || bpf_program__fd(prog) >= 0);
	trace_bpf__destroy(skel);
}

#define WITH_OBJECT(t) cmocka_unit_test_setup_teardown(t, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_OBJECT(test_records),
		WITH_OBJECT(test_no_stale_bytes),
		WITH_OBJECT(test_suppressed),
		WITH_OBJECT(test_cmd_sync_ok),
		WITH_OBJECT(test_disturbed),
		WITH_OBJECT(test_histogram),
		WITH_OBJECT(test_many_smmus),
		WITH_OBJECT(test_delay),
		WITH_OBJECT(test_full_ring),
		cmocka_unit_test(test_partial),
	};

	need_bpf();
	return cmocka_run_group_tests_name("trace", tests, NULL, NULL);
}
