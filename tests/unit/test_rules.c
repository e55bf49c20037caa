// SPDX-License-Identifier: GPL-2.0-only
/* Rules of `atcq inject`: their words, their file, and what they mean on a machine. */
#include <errno.h>

#include "lib/log.h"
#include "tree.h"

#include "inject/arm.h"
#include "inject/fault.h"

static struct rule rules[ATCQ_MAX_RULES];
static struct device devices[5];
static struct inventory inv = { .dev = devices, .ndev = 5, .nsmmu = 2 };
static struct error err;

/* Four devices with ATS, two of them in one group and one behind another SMMU, one without */
static int machine(void **state)
{
	(void)state;
	for (size_t i = 0; i < inv.ndev; i++) {
		devices[i] = (struct device) { .addr = (i + 1) << 8, .group = 10 + (i == 2 ? 1 : i),
			.smmu = i == 3, .sids = { 0x100 * (i + 1) }, .nsids = 1, .ats = ATS_ON };
		snprintf(devices[i].bdf, sizeof(devices[i].bdf), "0000:%02x:00.0", (unsigned int)(i + 1) & 0xff);
		strcpy(devices[i].smmu_name, i == 3 ? "smmu3.b" : "smmu3.a");
	}
	devices[1].sids[devices[1].nsids++] = 0x222;
	devices[4].ats = ATS_UNSUPPORTED;
	memset(rules, 0, sizeof(rules));
	*err.text = '\0';
	return 0;
}

static struct rule *rule(size_t i, const char *fault)
{
	rule__init(&rules[i], fault_point__find(fault));
	return &rules[i];
}

static void set(struct rule *r, const char *key, const char *value)
{
	assert_int_equal(rule__set(r, key, value, &err), 0);
}

static void refused(const char *fault, const char *key, const char *value, const char *why)
{
	struct rule *r = rule(0, fault);

	assert_int_equal(rule__set(r, key, value, &err), -EINVAL);
	if (!strstr(err.text, why))
		fail_msg("%s %s: '%s' does not say '%s'", key, value, err.text, why);
}

/* Every value has its bounds, and a fault takes only what makes sense for it. */
static void test_words(void **state)
{
	struct rule *r = rule(0, "reset-fail");

	(void)state;
	set(r, "errno", "EBUSY");
	assert_int_equal(rule__ret(r), -EBUSY);
	set(r, "cpu", "0-3,8,64");
	assert_int_equal(r->cpus[0], 0x10f);
	assert_int_equal(r->cpus[1], 1);
	assert_false(r->any_cpu);
	set(r, "sid", "0x100");
	assert_int_equal(r->sid[0], 0x100);
	r = rule(0, "report-late");
	assert_int_equal(rule__ret(r), 1);
	set(r, "delay", "1500ms");
	assert_int_equal(rule__ret(r), 1500);

	refused("atc-timeout", "probability", "200", "between 0 and 100");
	refused("atc-timeout", "probability", "-1", "not a whole number");
	refused("atc-timeout", "times", "1000001", "between 0 and 1000000");
	refused("atc-timeout", "nth", "0", "between 1 and");
	refused("atc-timeout", "seed", "99999999999999999999999", "too large");
	refused("atc-timeout", "errno", "EIO", "'atc-timeout' does not take this");
	refused("atc-timeout", "delay", "1s", "does not take this");
	refused("gerror-late", "device", "0000:01:00.0", "does not take this");
	refused("fence-fail", "ssid", "3", "does not take this");
	refused("reset-fail", "errno", "EWHATEVER", "not the name of an error");
	refused("reset-late", "delay", "6s", "between 2 ms and 5 s");
	refused("reset-late", "delay", "soon", "not a duration");
	refused("atc-timeout", "cpu", "3-1", "not a list of CPUs");
	refused("atc-timeout", "cpu", "1024", "CPUs 0 to 1023");
	refused("atc-timeout", "cpu", "1,", "not a list of CPUs");
	refused("atc-timeout", "context", "nmi", "irq or task");
	refused("atc-timeout", "device", "../../etc", "not a PCI address");
	refused("atc-timeout", "device", "100000002:00.0", "not a PCI address");
	refused("atc-timeout", "device", "0000:02:00.8", "not a PCI address");
	refused("atc-timeout", "device", "2:00", "not a PCI address");
	refused("atc-timeout", "ssid", "1048576", "between 0 and 1048575");
}

/* Values that undo each other are refused. */
static void test_contradictions(void **state)
{
	struct rule *r = rule(0, "atc-timeout");

	(void)state;
	set(r, "nth", "3");
	assert_int_equal(rule__check(r, &err), 0);
	set(r, "interval", "2");
	assert_int_equal(rule__check(r, &err), -EINVAL);
	r = rule(0, "atc-timeout");
	set(r, "probability", "0");
	assert_int_equal(rule__check(r, &err), -EINVAL);
	r = rule(0, "atc-timeout");
	set(r, "seed", "7");
	assert_int_equal(rule__check(r, &err), -EINVAL);
}

static int read_text(const char *text, size_t *n)
{
	tree_file("rules.yaml", text);
	*n = 0;
	*err.text = '\0';
	return rule_file__read(tree_path("rules.yaml"), rules, 3, n, &err);
}

/* A file gives the same rules as options do. */
static void test_file(void **state)
{
	size_t n;

	(void)state;
	assert_int_equal(read_text("- fault: atc-timeout\n  device: [0000:01:00.0, '0000:02:*']\n"
				   "  times: 3\n  context: irq\n"
				   "# a comment\n- {device: 3:0.0, fault: reset-fail, errno: EIO}\n", &n), 0);
	assert_int_equal(n, 2);
	assert_ptr_equal(rules[0].point, fault_point__find("atc-timeout"));
	assert_int_equal(rules[0].ndevice, 2);
	assert_string_equal(rules[0].device[1], "0000:02:*");
	assert_int_equal(rules[0].times, 3);
	assert_int_equal(rules[0].context, ATCQ_CTX_IRQ);
	assert_int_equal(rules[1].line, 6);
	assert_int_equal(rules[1].err, EIO);
}

/* 10,000 rules; how long the file is */
static size_t many_rules(size_t more)
{
	char *text = malloc(64 * (more + 1)), *end = text;
	size_t n, len;

	assert_non_null(text);
	end += sprintf(end, "- {fault: atc-timeout, device: 1:0.0}\n");
	for (size_t i = 0; i < more; i++)
		end += sprintf(end, "- {fault: atc-timeout, device: 1:0.0}\n");
	len = end - text;
	assert_int_equal(read_text(text, &n), -EINVAL);
	free(text);
	return len;
}

/* As deep as a file can be; and one that is too long */
static void deep_nesting(void)
{
	char *text = malloc((1 << 20) + 2);
	size_t n;

	assert_non_null(text);
	memset(text, '[', (1 << 20) + 1);
	text[1000000] = '\0';
	assert_int_equal(read_text(text, &n), -EINVAL);
	assert_non_null(strstr(err.text, ":1:65: nested too deeply"));
	text[1000000] = '[';
	text[(1 << 20) + 1] = '\0';
	assert_int_equal(read_text(text, &n), -EINVAL);
	assert_non_null(strstr(err.text, "larger than any list of 3 rules"));
	free(text);
}

/* What is wrong in a file is said with line and column. */
static void test_bad_file(void **state)
{
	static const struct { const char *text, *says; } bad[] = {
		{ "", ":1:1: there is no rule" },
		{ "[]", ":1:1: there is no rule" },
		{ "fault: atc-timeout\n", ":1:1: not a list of rules" },
		{ "- atc-timeout\n", ":1:3: a rule is a mapping" },
		{ "- device: 1:0.0\n", ":1:3: a rule needs the key 'fault'" },
		{ "- fault: atc-timout\n", ":1:10: unknown fault 'atc-timout'" },
		{ "- fault: atc-timeout\n  tmies: 3\n", ":2:3: unknown key 'tmies', did you mean 'times'?" },
		{ "- fault: atc-timeout\n  times: 3\n  times: 4\n", ":3:3: 'times' is there twice" },
		{ "- fault: atc-timeout\n  times: [3]\n", ":2:10: times: takes one value" },
		{ "- fault: atc-timeout\n  probability: 200\n", ":2:16: probability 200: must be between" },
		{ "- fault: atc-timeout\n  nth: 2\n  space: 1\n", ":1:3: atc-timeout: nth picks" },
		{ "- fault: [atc-timeout\n", ": did not find expected" },
		{ "- fault: atc-timeout\n- fault: atc-timeout\n- fault: atc-timeout\n- fault: atc-timeout\n",
		  ":4:3: one rule too many, there can be 3" },
		{ "- &a {fault: atc-timeout}\n- *a\n- *a\n- *a\n", ":1:3: anchors (&) and tags (!) have no place" },
		/* A list in a list in a list: as long as it is short to write */
		{ "- &a [x,x,x,x,x,x,x,x,x]\n- &b [*a,*a,*a,*a,*a,*a,*a,*a]\n- &c [*b,*b,*b,*b,*b,*b]\n",
		  ":1:3: anchors (&) and tags (!) have no place" },
		{ "- fault: atc-timeout\n  device: &a [*a]\n", ":2:11: anchors (&) and tags (!) have no place" },
		{ "- fault: !!str atc-timeout\n", ":1:10: tags (!) have no place" },
		{ "- fault: *a\n", ":1:10: aliases (*) have no place" },
		{ "- ? [fault]\n  : atc-timeout\n", ":1:5: a key is a word" },
	};
	size_t n;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(read_text(bad[i].text, &n), -EINVAL);
		if (!strstr(err.text, bad[i].says))
			fail_msg("'%s': '%s' does not say '%s'", bad[i].text, err.text, bad[i].says);
	}
	assert_true(many_rules(9999) > 10000 * 20);
	assert_non_null(strstr(err.text, ":4:3: one rule too many, there can be 3"));
	deep_nesting();
	assert_int_equal(rule_file__read("/nonexistent", rules, 3, &n, &err), -ENOENT);
	assert_non_null(strstr(err.text, "/nonexistent: No such file"));
	assert_int_equal(rule_file__read("/", rules, 3, &n, &err), -EISDIR);
}

/* What the first rule alone comes to */
static uint64_t hits(struct rule *r, uint64_t *affected)
{
	uint64_t hit = 0;
	struct plan p;

	*affected = 0;
	assert_int_equal(plan__init(&p, &inv), 0);
	if (plan__add(&p, r, &err))
		hit = ~0ull;
	for (size_t i = 0; i < inv.ndev && hit != ~0ull; i++) {
		hit |= (p.hit[i] & 1) << i;
		*affected |= (p.affected[i] & 1) << i;
	}
	plan__free(&p);
	return hit;
}

/* Selectors narrow each other; the blast radius is what the fault says it is. */
static void test_plan(void **state)
{
	uint64_t affected;
	struct rule *r;

	(void)state;
	r = rule(0, "atc-timeout");
	set(r, "device", "2:0.0");
	assert_int_equal(hits(r, &affected), 0x2);
	assert_int_equal(affected, 0x2);
	set(r, "device", "0000:0?:*");		/* the one without ATS is not meant */
	assert_int_equal(hits(r, &affected), 0xf);
	set(r, "smmu", "0");
	assert_int_equal(hits(r, &affected), 0x7);
	set(r, "group", "11");
	assert_int_equal(hits(r, &affected), 0x6);
	set(r, "sid", "0x222");
	assert_int_equal(hits(r, &affected), 0x2);
	r = rule(0, "atc-timeout");
	set(r, "device", "0000:0[2-4]:*");
	set(r, "sid", "0x400");
	assert_int_equal(hits(r, &affected), 0x8);

	r = rule(0, "report-late");
	set(r, "device", "2:0.0");
	assert_int_equal(hits(r, &affected), 0x2);
	assert_int_equal(affected, 0x6);
	r = rule(0, "sync-timeout");
	set(r, "device", "1:0.0");
	assert_int_equal(hits(r, &affected), 0x1);
	assert_int_equal(affected, 0x17);
	r = rule(0, "gerror-lost");
	set(r, "smmu", "1");
	assert_int_equal(hits(r, &affected), 0x8);
}

static void means_nothing(const char *fault, const char *key, const char *value, const char *why)
{
	struct rule *r = rule(0, fault);
	uint64_t affected;

	if (key)
		set(r, key, value);
	assert_int_equal(hits(r, &affected), ~0ull);
	if (!strstr(err.text, why))
		fail_msg("%s %s: '%s' does not say '%s'", fault, value, err.text, why);
}

/* What is named is meant, each: what another selector or a glob would leave out is not passed over. */
static void test_each_named(void **state)
{
	static const struct { const char *key[3], *value[3], *why; } bad[] = {
		{ { "device", "device", "group" }, { "1:0.0", "2:0.0", "10" }, "0000:02:00.0 is not meant by the other selectors" },
		{ { "device", "device", "smmu" }, { "1:0.0", "4:0.0", "0" }, "0000:04:00.0 is not meant by the other selectors" },
		{ { "device", "device" }, { "5:0.0", "0000:0[1-4]:*" }, "0000:05:00.0 (thing) does not have ATS" },
		{ { "device", "smmu" }, { "5:0.0", "0" }, "0000:05:00.0 (thing) does not have ATS" },
		{ { "sid", "sid", "device" }, { "0x100", "0x300", "1:0.0" }, "no device that is meant has Stream ID 0x300" },
		{ { "group", "group", "sid" }, { "10", "13", "0x100" }, "no device that is meant is in IOMMU group 13" },
	};
	uint64_t affected;

	(void)state;
	strcpy(devices[4].name, "thing");
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct rule *r = rule(0, "atc-timeout");

		for (size_t k = 0; k < 3 && bad[i].key[k]; k++)
			set(r, bad[i].key[k], bad[i].value[k]);
		if (hits(r, &affected) != ~0ull || !strstr(err.text, bad[i].why))
			fail_msg("case %zu: '%s' does not say '%s'", i, err.text, bad[i].why);
	}
}

/* A Stream ID that devices behind two SMMUs have says which one is meant only with the SMMU. */
static void test_ambiguous_sid(void **state)
{
	struct rule *r = rule(0, "atc-timeout");
	uint64_t affected;

	(void)state;
	devices[3].sids[0] = 0x100;
	set(r, "sid", "0x100");
	assert_int_equal(hits(r, &affected), ~0ull);
	assert_non_null(strstr(err.text, "Stream ID 0x100 is that of 0000:01:00.0 and, behind another SMMU, of 0000:04:00.0"));
	set(r, "smmu", "1");
	assert_int_equal(hits(r, &affected), 0x8);
	r = rule(0, "atc-timeout");
	set(r, "sid", "0x100");
	set(r, "device", "1:0.0");
	assert_int_equal(hits(r, &affected), 0x1);
}

/* A rule for nothing, or for what cannot have the fault, is refused. */
static void test_bad_plan(void **state)
{
	struct plan p;

	(void)state;
	means_nothing("atc-timeout", NULL, NULL, "which device? Give --device");
	means_nothing("gerror-lost", NULL, NULL, "which SMMU? Give --smmu");
	means_nothing("atc-timeout", "device", "7:0.0", "7:0.0 is no device behind an SMMUv3");
	means_nothing("atc-timeout", "device", "0000:ff:*", "is no device behind");
	means_nothing("atc-timeout", "device", "5:0.0", "does not have ATS");
	means_nothing("atc-timeout", "sid", "0x999", "no device has Stream ID 0x999");
	means_nothing("atc-timeout", "group", "99", "there is no IOMMU group 99");
	means_nothing("gerror-lost", "smmu", "7", "no device with ATS is meant");
	devices[0].nsids = 0;
	means_nothing("atc-timeout", "device", "1:0.0", "does not publish its Stream IDs");

	/* Two rules of which one call would get two results */
	assert_int_equal(plan__init(&p, &inv), 0);
	set(rule(0, "reset-fail"), "device", "2:0.0");
	set(rule(1, "reset-fail"), "device", "0000:0[1-3]:00.0");
	set(&rules[1], "errno", "EIO");
	assert_int_equal(plan__add(&p, &rules[0], &err), 0);
	assert_int_equal(plan__add(&p, &rules[1], &err), -EINVAL);
	assert_non_null(strstr(err.text, "rules 1 and 2 contradict each other"));
	for (size_t i = 1; i < ATCQ_MAX_RULES; i++)
		assert_int_equal(plan__add(&p, &rules[0], &err), 0);
	assert_int_equal(plan__add(&p, &rules[0], &err), -ENOSPC);
	plan__free(&p);
}

/* All fault points have numbers and functions of their own. */
static void test_points(void **state)
{
	(void)state;
	for (size_t i = 0; i < fault_points_n; i++) {
		assert_in_range(fault_points[i].number, 1, ATCQ_FAULTS - 1);
		assert_ptr_equal(fault_point__find(fault_points[i].name), &fault_points[i]);
		assert_ptr_equal(fault_point__by_number(fault_points[i].number), &fault_points[i]);
		assert_true(fault_points[i].ret);
		for (size_t k = 0; k < i; k++)
			assert_string_not_equal(fault_points[i].function, fault_points[k].function);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_words, machine),
		cmocka_unit_test_setup(test_contradictions, machine),
		cmocka_unit_test_setup_teardown(test_file, tree_setup, tree_teardown),
		cmocka_unit_test_setup_teardown(test_bad_file, tree_setup, tree_teardown),
		cmocka_unit_test_setup(test_plan, machine),
		cmocka_unit_test_setup(test_each_named, machine),
		cmocka_unit_test_setup(test_ambiguous_sid, machine),
		cmocka_unit_test_setup(test_bad_plan, machine),
		cmocka_unit_test(test_points),
	};

	return cmocka_run_group_tests_name("rules", tests, NULL, NULL);
}
