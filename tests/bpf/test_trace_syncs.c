// SPDX-License-Identifier: GPL-2.0-only
/* What bpf/trace counts of CMD_SYNCs, and what it tells of those that others' errors held up. */
#include "trace_test.h"

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_OBJECT(test_cmd_sync_ok),
		WITH_OBJECT(test_disturbed),
		WITH_OBJECT(test_histogram),
		WITH_OBJECT(test_many_smmus),
		WITH_OBJECT(test_delay),
	};

	need_bpf();
	return cmocka_run_group_tests_name("trace syncs", tests, NULL, NULL);
}
