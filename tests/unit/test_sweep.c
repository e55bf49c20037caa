// SPDX-License-Identifier: GPL-2.0-only
/* What a sweep tries, what it concludes, and what it remembers on disk. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/log.h"
#include "source/kernel.h"
#include "verify/sweep.h"

static const char kallsyms[] =
	"ffff800010000000 T _stext\n"
	"ffff800010001000 T arm_smmu_fault_atc_timeout\n"
	"ffff800010001000 T arm_smmu_fault_alias\n"
	"ffff800010001040 t caller\n"
	"ffff800010001100 d not_code\n"
	"ffff800010001200 t caller_of_caller\n"
	"ffff800010001300 T el1_interrupt\n"
	"ffff800010001400 T interrupted\n"
	"ffff800010001500 T pci_fault_reset_fail\n"
	"ffff800010001600 t the_end\n";

#define BASE 0xffff800010000000ull

static struct ksyms *symbols(const char *text)
{
	char path[] = "/tmp/test_sweep.XXXXXX";
	struct ksyms *k = NULL;
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
	if (ksyms__load(&k, path))
		k = NULL;
	unlink(path);
	return k;
}

static void test_symbols(void **state)
{
	struct ksyms *k = symbols(kallsyms);
	struct atcq_range r;
	char name[64];

	(void)state;
	assert_non_null(k);
	assert_true(ksyms__range(k, "arm_smmu_fault_atc_timeout", &r));
	assert_true(r.begin == BASE + 0x1000 && r.end == BASE + 0x1040);
	assert_true(ksyms__range(k, "caller", &r));
	assert_true(r.end == BASE + 0x1200);
	assert_true(ksyms__range(k, "the_end", &r));
	assert_true(r.end > r.begin);
	assert_false(ksyms__range(k, "nobody", &r));
	ksyms__name(k, BASE + 0x1204, name, sizeof(name));
	assert_string_equal(name, "caller_of_caller+0x4");
	ksyms__name(k, 1, name, sizeof(name));
	assert_string_equal(name, "?");
	ksyms__free(k);
	assert_null(symbols("0000000000000000 T _stext\n0000000000000000 T other\n"));
	assert_null(symbols(""));
}

struct sweep_test {
	struct ksyms *k;
	struct atcq_range hooks[ATCQ_FAULTS], cuts[ATCQ_MAX_CUTS];
	struct sweep_cases cases;
	char left_out[8][160];
	size_t n;
};

static void left_out(void *ctx, const char *text)
{
	struct sweep_test *t = ctx;

	assert_true(t->n < 8);
	snprintf(t->left_out[t->n++], sizeof(t->left_out[0]), "%s", text);
}

static int setup(void **state)
{
	struct sweep_test *t = calloc(1, sizeof(*t));

	t->k = symbols(kallsyms);
	ksyms__range(t->k, "arm_smmu_fault_atc_timeout", &t->hooks[ATCQ_FAULT_ATC_TIMEOUT]);
	ksyms__range(t->k, "pci_fault_reset_fail", &t->hooks[ATCQ_FAULT_RESET_FAIL]);
	ksyms__range(t->k, "el1_interrupt", &t->cuts[0]);
	*state = t;
	return 0;
}

static int teardown(void **state)
{
	struct sweep_test *t = *state;

	cases__free(&t->cases);
	ksyms__free(t->k);
	free(t);
	return 0;
}

/* The program's own frames, the hook, then those that are given; 0 ends */
static void add(struct sweep_test *t, uint32_t fault, uint64_t count, uint64_t a, uint64_t b, uint64_t c)
{
	struct atcq_stack raw = {
		.fault = fault, .count = count,
		.ip = { 0x1234, 0x5678, (fault == ATCQ_FAULT_ATC_TIMEOUT ? BASE + 0x1008 : BASE + 0x1508),
			a, b, c },
	};

	assert_int_equal(cases__add_stack(&t->cases, t->k, t->hooks, t->cuts, a * 3 + b, &raw), 0);
}

static void test_frames(void **state)
{
	struct sweep_test *t = *state;

	add(t, ATCQ_FAULT_ATC_TIMEOUT, 1, BASE + 0x1050, BASE + 0x1210, 0);
	add(t, ATCQ_FAULT_ATC_TIMEOUT, 1, BASE + 0x1050, BASE + 0x1310, BASE + 0x1410);
	add(t, ATCQ_FAULT_ATC_TIMEOUT, 1, BASE + 0x1050, BASE + 0x1310, BASE + 0x1420);
	add(t, 15, 1, BASE + 0x1050, 0, 0);	/* no such fault */
	assert_int_equal(t->cases.nstacks, 3);
	assert_string_equal(t->cases.stack[0].frames, "caller+0x10 caller_of_caller+0x10");
	/* What was interrupted makes no difference */
	assert_string_equal(t->cases.stack[1].frames, "caller+0x10");
	assert_string_equal(t->cases.stack[1].id, t->cases.stack[2].id);
	assert_string_not_equal(t->cases.stack[0].id, t->cases.stack[1].id);
}

static void test_cases(void **state)
{
	struct sweep_test *t = *state;
	char id[48];

	add(t, ATCQ_FAULT_RESET_FAIL, 1, BASE + 0x1050, 0, 0);
	add(t, ATCQ_FAULT_ATC_TIMEOUT, 5, BASE + 0x1050, 0, 0);
	add(t, ATCQ_FAULT_ATC_TIMEOUT, 2, BASE + 0x1210, 0, 0);
	assert_int_equal(cases__make(&t->cases, 0, 3, left_out, t), 0);
	assert_int_equal(t->cases.n, 3 + 2 + 1);
	/* In the order in which an incident meets the faults */
	assert_string_equal(t->cases.stack[t->cases.c[5].stack].point->name, "reset-fail");
	snprintf(id, sizeof(id), "atc-timeout:%s:1", t->cases.stack[t->cases.c[0].stack].id);
	assert_string_equal(t->cases.c[0].id, id);
	assert_int_equal(t->n, 1);
	assert_non_null(strstr(t->left_out[0], "the occurrences behind the first 3, of 5"));
}

static void test_fewer_stacks(void **state)
{
	struct sweep_test *t = *state;

	add(t, ATCQ_FAULT_ATC_TIMEOUT, 1, BASE + 0x1050, 0, 0);
	add(t, ATCQ_FAULT_ATC_TIMEOUT, 1, BASE + 0x1210, 0, 0);
	add(t, ATCQ_FAULT_ATC_TIMEOUT, 1, BASE + 0x1214, 0, 0);
	add(t, ATCQ_FAULT_RESET_FAIL, 1, BASE + 0x1050, 0, 0);
	assert_int_equal(cases__make(&t->cases, 1, 1, left_out, t), 0);
	assert_int_equal(t->cases.n, 2);
	assert_int_equal(t->n, 1);
	assert_string_equal(t->left_out[0], "atc-timeout: 2 of its 3 call stacks (--stacks 1)");
}

static void expect(struct run_observations f, enum sweep_verdict v, const char *what)
{
	char why[256];

	assert_string_equal(sweep_verdict__name(sweep__verdict(&f, why, sizeof(why))),
			    sweep_verdict__name(v));
	if (!strstr(why, what))
		print_error("'%s' has no '%s'\n", why, what);
	assert_non_null(strstr(why, what));
	assert_int_equal(sweep_verdict__by_name(sweep_verdict__name(v)), v);
}

static void test_verdicts(void **state)
{
	const struct run_observations good = { .fired = true, .events_complete = true };
	struct run_observations f = good;

	(void)state;
	expect(f, SWEEP_OK, "");
	f.status = 1;
	expect(f, SWEEP_WORKLOAD, "no device was taken away");
	f.taken = true;			/* excused */
	expect(f, SWEEP_OK, "");
	f.status = 128 + 11;
	expect(f, SWEEP_WORKLOAD, "signal 11");
	f = good;
	f.timed_out = f.taken = true;
	expect(f, SWEEP_WORKLOAD, "--limit");
	f = good;
	f.fired = false;
	expect(f, SWEEP_NEVER_FIRED, "never fired");
	f.violations = 2;
	expect(f, SWEEP_VIOLATED, "2 violation(s)");
	f = good;
	f.events_complete = false;
	expect(f, SWEEP_NOT_CHECKED, "lost");
	strcpy(f.unclean.text, "0000:02:00.0: gone");
	expect(f, SWEEP_NOT_CLEAN, "gone");
	strcpy(f.kernel_warning, "WARNING: at");
	expect(f, SWEEP_VIOLATED, "the kernel complains: WARNING: at");
	f = (struct run_observations) { .discovery = true, .events_complete = true };
	expect(f, SWEEP_OK, "");
	f.status = 2;
	expect(f, SWEEP_WORKLOAD, "without any fault");
	assert_true(sweep_verdict__is_bad(SWEEP_VIOLATED));
	assert_false(sweep_verdict__is_bad(SWEEP_NEVER_FIRED));
	assert_int_equal(sweep_verdict__by_name("nonsense"), SWEEP_NOT_CHECKED);
}

static void test_splats(void **state)
{
	(void)state;
	assert_true(kmsg__is_warning("WARNING: CPU: 0 PID: 1 at drivers/iommu"));
	assert_true(kmsg__is_warning("BUG: sleeping function called from invalid context"));
	assert_true(kmsg__is_warning("Internal error: Oops: 0000000096000004 [#1] SMP"));
	assert_true(kmsg__is_warning("WARNING: possible recursive locking detected"));
	assert_false(kmsg__is_warning("vfio-pci 0000:02:00.0: resetting"));
	assert_false(kmsg__is_warning("arm-smmu-v3: stream 0x200: ATC_INV timeout, ATS is off"));
}

struct journal_test {
	char dir[64], path[96];
	json_t *header;
};

static int journal_setup(void **state)
{
	struct journal_test *t = calloc(1, sizeof(*t));

	strcpy(t->dir, "/tmp/test_sweep.XXXXXX");
	assert_non_null(mkdtemp(t->dir));
	snprintf(t->path, sizeof(t->path), "%s/sweep.jsonl", t->dir);
	t->header = json_pack("{s:s, s:[s]}", "type", "sweep", "workload", "true");
	*state = t;
	return 0;
}

static int journal_teardown(void **state)
{
	struct journal_test *t = *state;

	unlink(t->path);
	rmdir(t->dir);
	json_decref(t->header);
	free(t);
	return 0;
}

static struct journal *reopen(struct journal_test *t, struct journal *j, const char *path)
{
	struct error err = { "" };

	journal__close(j);
	assert_int_equal(journal__open(&j, path, t->header, &err), 0);
	return j;
}

static void end_run(struct journal *j, const char *id, const char *verdict)
{
	json_t *result = json_pack("{s:s, s:s}", "id", id, "verdict", verdict);

	assert_int_equal(journal__start(j, id), 0);
	assert_int_equal(journal__end(j, result), 0);
	json_decref(result);
}

static void test_journal(void **state)
{
	struct journal_test *t = *state;
	struct journal *j = reopen(t, NULL, t->dir);	/* a folder will do */

	assert_null(journal__result(j, "a:1:1"));
	end_run(j, "a:1:1", "ok");
	assert_int_equal(journal__start(j, "b:1:1"), 0);
	j = reopen(t, j, t->path);
	assert_string_equal(json_string_value(json_object_get(journal__result(j, "a:1:1"), "verdict")), "ok");
	assert_null(journal__result(j, "b:1:1"));
	assert_int_equal(journal__unfinished(j, "b:1:1"), 1);
	assert_int_equal(journal__unfinished(j, "a:1:1"), 0);
	assert_int_equal(journal__start(j, "b:1:1"), 0);
	assert_int_equal(journal__unfinished(j, "b:1:1"), 2);
	end_run(j, "b:1:1", "violated");
	assert_int_equal(journal__unfinished(j, "b:1:1"), 0);
	journal__close(j);
}

/* Killed in the middle of a line, at each of its bytes */
static void test_journal_cut_off(void **state)
{
	struct journal_test *t = *state;
	struct journal *j = reopen(t, NULL, t->path);
	struct stat st;
	off_t whole;

	end_run(j, "a:1:1", "ok");
	assert_int_equal(stat(t->path, &st), 0);
	whole = st.st_size;
	end_run(j, "b:1:1", "ok");
	assert_int_equal(stat(t->path, &st), 0);
	for (off_t cut = st.st_size - 1; cut >= whole; cut -= 7) {
		assert_int_equal(truncate(t->path, cut), 0);
		j = reopen(t, j, t->path);
		assert_non_null(journal__result(j, "a:1:1"));
		assert_null(journal__result(j, "b:1:1"));
	}
	end_run(j, "b:1:1", "ok");
	j = reopen(t, j, t->path);
	assert_non_null(journal__result(j, "b:1:1"));
	journal__close(j);
}

static void refuse(struct journal_test *t, const json_t *header, int ret, const char *what)
{
	struct journal *j = NULL;
	struct error err = { "" };

	assert_int_equal(journal__open(&j, t->path, header, &err), ret);
	assert_non_null(strstr(err.text, what));
	assert_null(j);
}

static void test_journal_refused(void **state)
{
	struct journal_test *t = *state;
	json_t *other = json_pack("{s:s, s:[s]}", "type", "sweep", "workload", "false");
	struct journal *j = reopen(t, NULL, t->path);
	const char *foreign[] = { "one line", "[1]\n", "{}\n", "\n\n" };
	struct stat st;

	refuse(t, t->header, -EBUSY, "another sweep is at it");
	journal__close(j);
	refuse(t, other, -EINVAL, "belongs to another sweep");
	json_decref(other);
	for (size_t i = 0; i < sizeof(foreign) / sizeof(foreign[0]); i++) {
		FILE *f = fopen(t->path, "w");

		fputs(foreign[i], f);
		fclose(f);
		refuse(t, t->header, -EINVAL, "not the file of a sweep");
		/* And left as it was */
		assert_int_equal(stat(t->path, &st), 0);
		assert_int_equal(st.st_size, strlen(foreign[i]));
	}
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
#define J(name) cmocka_unit_test_setup_teardown(name, journal_setup, journal_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_symbols), T(test_frames), T(test_cases), T(test_fewer_stacks),
		cmocka_unit_test(test_verdicts), cmocka_unit_test(test_splats),
		J(test_journal), J(test_journal_cut_off), J(test_journal_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
