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

static void put(int fd, const void *key, const void *value)
{
	assert_int_equal(bpf_map_update_elem(fd, key, value, BPF_ANY), 0);
}

static struct atcq_rule rule(void)
{
	return (struct atcq_rule) {
		.deadline_ns = boot_ns() + 100 * SECOND, .probability = 100, .any_cpu = 1,
		.fault = ATCQ_FAULT_ATC_TIMEOUT, .smmu = ATCQ_NONE, .ssid = ATCQ_NONE, .ret = -5,
	};
}

/* Arms @n rules; for any device, until aim() says for which */
static void arm(struct rule_test_bpf *skel, const struct atcq_rule *r, __u32 n)
{
	struct atcq_rule_index index = { 0 };
	struct atcq_rule_state fresh = { 0 };
	__u32 zero = 0;

	for (__u32 i = 0; i < n; i++) {
		put(bpf_map__fd(skel->maps.states), &i, &fresh);
		put(bpf_map__fd(skel->maps.rules), &i, &r[i]);
		index.by_fault[r[i].fault] |= 1ull << i;
		index.any_target |= 1ull << i;
	}
	put(bpf_map__fd(skel->maps.rule_index), &zero, &index);
}

/* From now on rules are for devices; @bits of them for this one */
static void aim(struct rule_test_bpf *skel, __u32 unit, __u32 id, __u64 bits)
{
	struct atcq_target target = { .kind = ATCQ_TARGET_STREAM, .unit = unit, .id = id };
	struct atcq_rule_index index;
	__u32 zero = 0;

	assert_int_equal(bpf_map_lookup_elem(bpf_map__fd(skel->maps.rule_index), &zero, &index), 0);
	index.any_target = 0;
	put(bpf_map__fd(skel->maps.rule_index), &zero, &index);
	put(bpf_map__fd(skel->maps.targets), &target, &bits);
}

static struct atcq_rule_state result_of(struct rule_test_bpf *skel, __u32 i)
{
	struct atcq_rule_state st;

	assert_int_equal(bpf_map_lookup_elem(bpf_map__fd(skel->maps.states), &i, &st), 0);
	return st;
}

static struct atcq_rule_state result(struct rule_test_bpf *skel)
{
	return result_of(skel, 0);
}

static int asks(struct rule_test_bpf *skel, uint64_t fault, uint64_t smmu, uint64_t sid,
		uint64_t ssid, int cpu)
{
	const uint64_t args[] = { fault, ATCQ_TARGET_STREAM, smmu, sid, ssid };

	return run_on(skel->progs.rule_test, args, 5, cpu);
}

/* Did it return the rule's error? */
static int fires(struct rule_test_bpf *skel, uint64_t smmu, uint64_t sid, int cpu)
{
	return asks(skel, ATCQ_FAULT_ATC_TIMEOUT, smmu, sid, 0, cpu) == -5;
}

/* Before a rule was filled in, nothing fires. */
static void test_empty(void **state)
{
	assert_int_equal(asks(*state, ATCQ_FAULT_ATC_TIMEOUT, 0, 0, 0, 0), 0);
	assert_int_equal(asks(*state, ATCQ_FAULTS, 0, 0, 0, 0), 0);
	assert_int_equal(result(*state).considered, 0);
}

/* Exactly the hook, the SMMU, the Stream IDs and the SSID of the rule match. */
static void test_match(void **state)
{
	struct atcq_rule r = rule();
	struct atcq_rule_state st;

	r.smmu = 1;
	r.ssid = 0;
	arm(*state, &r, 1);
	aim(*state, 1, 0x100, 1);
	aim(*state, 1, 0x300, 1);
	aim(*state, 0, 0x100, 1);
	assert_int_equal(fires(*state, 1, 0x100, 0), 1);
	assert_int_equal(fires(*state, 1, 0x300, 0), 1);
	assert_int_equal(fires(*state, 1, 0x200, 0), 0);
	assert_int_equal(fires(*state, 0, 0x100, 0), 0);	/* another SMMU */
	assert_int_equal(asks(*state, ATCQ_FAULT_ATC_TIMEOUT, 1, 0x100, 7, 0), 0);
	assert_int_equal(asks(*state, ATCQ_FAULT_QUEUE_FULL, 1, 0x100, 0, 0), 0);
	st = result(*state);
	assert_int_equal(st.considered, 4);
	assert_int_equal(st.matched, 2);
	assert_int_equal(st.fired, 2);
	assert_int_equal(st.expired, 0);
}

/* On which CPU it is asked decides, if the rule names CPUs. */
static void test_cpu(void **state)
{
	struct atcq_rule r = rule();

	if (sysconf(_SC_NPROCESSORS_ONLN) < 2)
		skip();
	r.any_cpu = 0;
	r.cpus[0] = 2;
	arm(*state, &r, 1);
	assert_int_equal(fires(*state, 0, 1, 0), 0);
	assert_int_equal(fires(*state, 0, 1, 1), 1);
	assert_int_equal(result(*state).considered, 2);
	assert_int_equal(result(*state).matched, 1);
}

/* Past its deadline a rule never fires, whoever is still there to disarm it. */
static void test_deadline(void **state)
{
	struct atcq_rule r = rule();
	struct atcq_rule_state st;
	uint64_t before, after, ran = 0;
	int fired;

	r.deadline_ns = boot_ns() - 1;
	arm(*state, &r, 1);
	assert_int_equal(fires(*state, 0, 0, 0), 0);
	assert_int_equal(result(*state).expired, 1);

	r.deadline_ns = boot_ns() + SECOND / 10;
	arm(*state, &r, 1);
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
	int ncpu = sysconf(_SC_NPROCESSORS_ONLN), fired = 0;
	struct caller callers[8] = { 0 };
	struct atcq_rule r = rule();
	struct atcq_rule_state st;
	pthread_t threads[8];

	r.times = 777;
	arm(*state, &r, 1);
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
	assert_int_equal(st.exhausted, 16000 - 777);
	assert_int_equal(st.considered, 16000);
	assert_int_equal(st.matched, 16000);
}

/* 0 times means without limit; 1 means once. */
static void test_once_and_always(void **state)
{
	struct atcq_rule r = rule();

	arm(*state, &r, 1);
	for (int i = 0; i < 50; i++)
		assert_int_equal(fires(*state, 0, i, 0), 1);
	r.times = 1;
	arm(*state, &r, 1);
	assert_int_equal(fires(*state, 0, 1, 0), 1);
	assert_int_equal(fires(*state, 0, 1, 0), 0);
	assert_int_equal(result(*state).fired, 1);
}

/* Of 20 calls, those numbered in the string fire, counted from 0 */
static void expect_turns(struct rule_test_bpf *skel, const struct atcq_rule *r, const char *want)
{
	char got[21] = "";

	arm(skel, r, 1);
	for (int i = 0; i < 20; i++)
		got[i] = fires(skel, 0, 1, 0) ? 'X' : '.';
	assert_string_equal(got, want);
}

/* space, interval and nth pick matches by their number, as the kernel's grammar does. */
static void test_turns(void **state)
{
	struct atcq_rule r = rule();

	r.space = 5;
	expect_turns(*state, &r, ".....XXXXXXXXXXXXXXX");
	r.interval = 4;
	expect_turns(*state, &r, "........X...X...X...");
	assert_int_equal(result(*state).skipped, 17);
	r.times = 2;
	expect_turns(*state, &r, "........X...X.......");
	r = rule();
	r.nth = 7;
	expect_turns(*state, &r, "......X.............");
	r.nth = 0;
	r.interval = 1;
	r.probability = 0;
	expect_turns(*state, &r, "....................");
}

/* The dice fall as often as asked for, and alike for the same seed. */
static void test_seed(void **state)
{
	struct atcq_rule r = rule();
	char first[2001], again[2001];
	int n = 0;

	r.probability = 30;
	for (int round = 0; round < 3; round++) {
		char *out = round ? again : first;

		r.seed = round == 2 ? 43 : 42;
		arm(*state, &r, 1);
		for (int i = 0; i < 2000; i++)
			out[i] = fires(*state, 0, 1, 0) ? 'X' : '.';
		out[2000] = '\0';
		if (round == 1)
			assert_string_equal(first, again);
	}
	assert_string_not_equal(first, again);
	for (int i = 0; i < 2000; i++)
		n += first[i] == 'X';
	assert_in_range(n, 500, 700);
}

/* Of 64 rules the one for this device and hook fires, and says what is returned. */
static void test_many(void **state)
{
	struct atcq_rule r[ATCQ_MAX_RULES];

	for (int i = 0; i < ATCQ_MAX_RULES; i++) {
		r[i] = rule();
		r[i].fault = 1 + i % 3;
		r[i].ret = -100 - i;
	}
	arm(*state, r, ATCQ_MAX_RULES);
	for (int i = 0; i < ATCQ_MAX_RULES; i++)
		aim(*state, 0, i, 1ull << i);
	for (int i = 0; i < ATCQ_MAX_RULES; i++) {
		assert_int_equal(asks(*state, 1 + i % 3, 0, i, 0, 0), -100 - i);
		assert_int_equal(asks(*state, 1 + (i + 1) % 3, 0, i, 0, 0), 0);
		assert_int_equal(result_of(*state, i).considered, 1);
	}
	/* Two for the same: the first that fires decides */
	aim(*state, 0, 0x999, 1ull << 63 | 1ull << 3);
	assert_int_equal(asks(*state, 1, 0, 0x999, 0, 0), -103);
	assert_int_equal(result_of(*state, 63).considered, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_empty, setup, teardown),
		cmocka_unit_test_setup_teardown(test_match, setup, teardown),
		cmocka_unit_test_setup_teardown(test_cpu, setup, teardown),
		cmocka_unit_test_setup_teardown(test_deadline, setup, teardown),
		cmocka_unit_test_setup_teardown(test_times, setup, teardown),
		cmocka_unit_test_setup_teardown(test_once_and_always, setup, teardown),
		cmocka_unit_test_setup_teardown(test_turns, setup, teardown),
		cmocka_unit_test_setup_teardown(test_seed, setup, teardown),
		cmocka_unit_test_setup_teardown(test_many, setup, teardown),
	};

	need_bpf();
	return cmocka_run_group_tests_name("rule", tests, NULL, NULL);
}
