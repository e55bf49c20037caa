// SPDX-License-Identifier: GPL-2.0-only
/* Whether a fault fires: the decision of bpf/fault, run without its hook. */
#include <pthread.h>

#include "bpf_test.h"

#include <atcq/fault.h>

#include "rule_test.skel.h"

#define SECOND 1000000000ull

static int setup(void **state)
{
	*state = rule_test_bpf__open_and_load();
	return *state ? 0 : -1;
}

static int teardown(void **state)
{
	rule_test_bpf__destroy(*state);
	return 0;
}

static void arm(struct rule_test_bpf *skel, const struct atcq_rule *rule)
{
	struct atcq_rule_state fresh = { 0 };
	__u32 zero = 0;

	assert_int_equal(bpf_map_update_elem(bpf_map__fd(skel->maps.states), &zero, &fresh, 0), 0);
	assert_int_equal(bpf_map_update_elem(bpf_map__fd(skel->maps.rules), &zero, rule, 0), 0);
}

static struct atcq_rule_state result(struct rule_test_bpf *skel)
{
	struct atcq_rule_state st;
	__u32 zero = 0;

	assert_int_equal(bpf_map_lookup_elem(bpf_map__fd(skel->maps.states), &zero, &st), 0);
	return st;
}

static int fires(struct rule_test_bpf *skel, uint64_t smmu, uint64_t sid, int cpu)
{
	const uint64_t args[] = { smmu, sid, 0 };

	return run_on(skel->progs.rule_test, args, 3, cpu);
}

/* Before a rule was filled in, nothing fires. */
static void test_empty(void **state)
{
	struct atcq_rule_state st;

	assert_int_equal(fires(*state, 0, 0, 0), 0);
	st = result(*state);
	assert_int_equal(st.seen, 1);
	assert_int_equal(st.fired, 0);
}

/* Exactly the Stream IDs and the SMMU of the rule match. */
static void test_match(void **state)
{
	struct atcq_rule r = { .deadline_ns = boot_ns() + 100 * SECOND, .smmu = 1, .nsids = 2,
			       .sids = { 0x100, 0x300, 0x200 } };
	struct atcq_rule_state st;

	arm(*state, &r);
	assert_int_equal(fires(*state, 1, 0x100, 0), 1);
	assert_int_equal(fires(*state, 1, 0x300, 0), 1);
	assert_int_equal(fires(*state, 1, 0x200, 0), 0);	/* behind nsids */
	assert_int_equal(fires(*state, 1, 0, 0), 0);
	assert_int_equal(fires(*state, 0, 0x100, 0), 0);	/* another SMMU's */
	st = result(*state);
	assert_int_equal(st.seen, 5);
	assert_int_equal(st.matched, 2);
	assert_int_equal(st.fired, 2);
	assert_int_equal(st.expired, 0);

	r.smmu = ATCQ_NONE;
	r.nsids = ATCQ_RULE_SIDS;
	r.sids[ATCQ_RULE_SIDS - 1] = 0xffffffff;
	arm(*state, &r);
	assert_int_equal(fires(*state, 7, 0xffffffff, 0), 1);	/* the last one, any SMMU */
	assert_int_equal(fires(*state, 7, 0xfffffffe, 0), 0);
}

/* Past its deadline a rule never fires, whoever is still there to disarm it. */
static void test_deadline(void **state)
{
	struct atcq_rule r = { .deadline_ns = boot_ns() - 1, .smmu = ATCQ_NONE };
	struct atcq_rule_state st;
	uint64_t before, after;
	int fired, ran = 0;

	arm(*state, &r);
	assert_int_equal(fires(*state, 0, 0, 0), 0);
	assert_int_equal(result(*state).expired, 1);

	r.deadline_ns = boot_ns() + SECOND / 10;
	arm(*state, &r);
	do {
		before = boot_ns();
		fired = fires(*state, 0, 0, 0);
		after = boot_ns();
		if (after < r.deadline_ns)
			assert_int_equal(fired, 1);
		if (before >= r.deadline_ns)
			assert_int_equal(fired, 0);
		ran++;
	} while (before < r.deadline_ns + SECOND / 50);
	st = result(*state);
	assert_true(st.fired > 0 && st.expired > 0);
	assert_int_equal(st.fired + st.expired, ran);
}

struct caller {
	struct rule_test_bpf *skel;
	int cpu, calls, fired;
};

static void *call(void *arg)
{
	struct caller *c = arg;

	for (int i = 0; i < c->calls; i++)
		c->fired += fires(c->skel, 0, 0x100, c->cpu) == 1;
	return NULL;
}

/* A rule for N times fires N times and not once more, with all CPUs at it. */
static void test_times(void **state)
{
	struct atcq_rule r = { .deadline_ns = boot_ns() + 100 * SECOND, .times = 777,
			       .smmu = ATCQ_NONE, .nsids = 1, .sids = { 0x100 } };
	int ncpu = sysconf(_SC_NPROCESSORS_ONLN), fired = 0;
	struct caller callers[8] = { 0 };
	struct atcq_rule_state st;
	pthread_t threads[8];

	arm(*state, &r);
	for (int i = 0; i < 8; i++) {
		callers[i] = (struct caller) { .skel = *state, .cpu = i % ncpu, .calls = 2000 };
		assert_int_equal(pthread_create(&threads[i], NULL, call, &callers[i]), 0);
	}
	for (int i = 0; i < 8; i++) {
		pthread_join(threads[i], NULL);
		fired += callers[i].fired;
	}
	st = result(*state);
	assert_int_equal(fired, 777);
	assert_int_equal(st.fired, 777);
	assert_int_equal(st.seen, 16000);
	assert_int_equal(st.matched, 16000);
}

/* 0 times means without limit; 1 means once. */
static void test_once_and_always(void **state)
{
	struct atcq_rule r = { .deadline_ns = boot_ns() + 100 * SECOND, .smmu = ATCQ_NONE };

	arm(*state, &r);
	for (int i = 0; i < 50; i++)
		assert_int_equal(fires(*state, 0, i, 0), 1);
	r.times = 1;
	arm(*state, &r);
	assert_int_equal(fires(*state, 0, 1, 0), 1);
	assert_int_equal(fires(*state, 0, 1, 0), 0);
	assert_int_equal(result(*state).fired, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_empty, setup, teardown),
		cmocka_unit_test_setup_teardown(test_match, setup, teardown),
		cmocka_unit_test_setup_teardown(test_deadline, setup, teardown),
		cmocka_unit_test_setup_teardown(test_times, setup, teardown),
		cmocka_unit_test_setup_teardown(test_once_and_always, setup, teardown),
	};

	need_bpf();
	return cmocka_run_group_tests_name("rule", tests, NULL, NULL);
}
