// SPDX-License-Identifier: GPL-2.0-only
/* Each tracepoint of bpf/trace and the record that it makes. */
#include "trace_test.h"

#define NONE ATCQ_NONE
#define MAX_ARGS 6

/* A record with what every one has; the rest is the case's */
#define EVENT(t, ...) {							\
	.version = ATCQ_EVENT_VERSION, .type = (t), .size = ATCQ_EVENT_SIZE,	\
	__VA_ARGS__, .count = 1 }

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_OBJECT(test_records),
		WITH_OBJECT(test_no_stale_bytes),
		WITH_OBJECT(test_suppressed),
		WITH_OBJECT(test_full_ring),
		cmocka_unit_test(test_partial),
	};

	need_bpf();
	return cmocka_run_group_tests_name("trace", tests, NULL, NULL);
}
