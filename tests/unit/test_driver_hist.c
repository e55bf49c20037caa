// SPDX-License-Identifier: GPL-2.0-only
/* Histograms that the driver counts, read from made-up files. */
#include <errno.h>

#include "tree.h"

#include "source/source_internal.h"

#define FILE_OF(smmu)	"arm_smmu_v3/" smmu "/cmd_sync_durations"

static uint64_t all(const struct atcq_hist *h)
{
	uint64_t n = 0;

	for (uint32_t i = 0; i < ATCQ_HIST_BUCKETS; i++)
		n += h->bucket[i];
	return n;
}

/* Only what was counted since it was opened is told, for each SMMU. */
static void test_differences(void **state)
{
	struct atcq_hist hist = { .disturbed = 7 };
	struct driver_hist *d;

	(void)state;
	tree_file(FILE_OF("0"), "sum_ns 3000\nmax_ns 2900\natc_invs 4\n100 1\n2880 1\n");
	tree_file(FILE_OF("2"), "sum_ns 0\nmax_ns 0\natc_invs 0\n");
	assert_int_equal(driver_hist__open(&d, tree, 3), 0);
	assert_int_equal(driver_hist__add(d, 0, &hist), 0);
	assert_int_equal(hist.count, 0);
	assert_int_equal(hist.max_ns, 0);

	tree_file(FILE_OF("0"), "sum_ns 4010\nmax_ns 2900\natc_invs 6\nlater 1 2 3\n100 2\n896 1\n2880 1\n");
	assert_int_equal(driver_hist__add(d, 0, &hist), 0);
	assert_int_equal(hist.count, 2);
	assert_int_equal(hist.sum_ns, 1010);
	assert_int_equal(hist.atc_invs, 2);
	assert_int_equal(hist.disturbed, 7);
	assert_int_equal(hist.bucket[atcq_hist_index(100)], 1);
	assert_int_equal(hist.bucket[atcq_hist_index(900)], 1);
	assert_int_equal(all(&hist), 2);
	/* The longest is from before: of ours it is only known which bucket it is in */
	assert_int_equal(hist.max_ns, atcq_hist_lower(atcq_hist_index(896) + 1) - 1);

	assert_int_equal(driver_hist__add(d, 1, &hist), -ENOENT);
	assert_int_equal(driver_hist__add(d, 3, &hist), -ENOENT);
	tree_file(FILE_OF("2"), "sum_ns 99000000000\nmax_ns 99000000000\natc_invs 1\n68719476735 1\n");
	memset(&hist, 0, sizeof(hist));
	assert_int_equal(driver_hist__add(d, 2, &hist), 0);
	assert_int_equal(hist.max_ns, 99000000000);
	assert_int_equal(hist.bucket[ATCQ_HIST_BUCKETS - 1], 1);
	driver_hist__free(d);
}

/* A kernel that does not count, and what no kernel says. */
static void test_others(void **state)
{
	static const char *const wrong[] = { "1\n", "1 2 3\n", "1 x\n", "5 -\n" };
	struct atcq_hist hist = { 0 };
	struct driver_hist *d;

	(void)state;
	assert_int_equal(driver_hist__open(&d, tree, 4), -ENOENT);
	assert_null(d);
	tree_file(FILE_OF("0"), "");
	assert_int_equal(driver_hist__open(&d, tree, 1), 0);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		tree_file(FILE_OF("0"), wrong[i]);
		if (driver_hist__add(d, 0, &hist) != -EINVAL)
			fail_msg("'%s' is taken for a histogram", wrong[i]);
	}
	driver_hist__free(d);
	driver_hist__free(NULL);
	tree_file(FILE_OF("1"), "7\n");
	assert_int_equal(driver_hist__open(&d, tree, 2), -EINVAL);
}

#define IN_TREE(t) cmocka_unit_test_setup_teardown(t, tree_setup, tree_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = { IN_TREE(test_differences), IN_TREE(test_others) };

	return cmocka_run_group_tests_name("driver_hist", tests, NULL, NULL);
}
