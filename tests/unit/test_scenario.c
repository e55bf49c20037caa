// SPDX-License-Identifier: GPL-2.0-only
/* The reader of scenarios: what it makes of words, and what it refuses and where. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/log.h"
#include "verify/scenario.h"
#include "verify/scenario_internal.h"

#define HEAD "name: x\nproves: y\ndevices: { a: testdev, many: { kind: testdev, count: 64 }, d: disk, q: '1b4b:9123' }\n"
#define TAIL "expect: { incidents: 1 }\n"

static struct error err;

static struct scenario *parse(const char *text)
{
	struct scenario *s;
	int ret = scenario__parse(&s, "t", text, strlen(text), &err);

	if (ret)
		fail_msg("%s", err.text);
	return s;
}

static void refused(const char *text, const char *why)
{
	struct scenario *s;

	*err.text = '\0';
	assert_int_equal(scenario__parse(&s, "t", text, strlen(text), &err), -EINVAL);
	assert_null(s);
	if (!strstr(err.text, why))
		fail_msg("'%s' does not say '%s'", err.text, why);
}

/* Every kind of step is read into what it says. */
static void test_steps(void **state)
{
	struct scenario *s = parse(HEAD "steps:\n"
		"- dead: [a, many]\n- slow: a 8ms\n- { wait: a broken, after: 10ms }\n- wait: 300ms\n"
		"- { inject: reset-fail, into: a, errno: EIO, fires: 2 }\n"
		"- { reset: a, method: flr, result: EIO, background: yes, when: a fenced }\n"
		"- silent: a\n- busy: a 1s\n- dma: [a refused, many works]\n- run: echo\n  result: 3\n- finish: background\n" TAIL);

	(void)state;
	assert_int_equal(s->nrequests, 4);
	assert_int_equal(s->request[1].count, 64);
	assert_int_equal(s->request[3].vendor, 0x1b4b);
	assert_int_equal(s->nsteps, 11);
	assert_int_equal(s->step[0].names, 3);
	assert_int_equal(s->step[1].time_ns, 8000000);
	assert_int_equal(s->step[2].after_ns, 10000000);
	assert_int_equal(s->step[2].state[0].what, COND_BROKEN);
	assert_int_equal(s->step[3].time_ns, 300000000);
	assert_int_equal(s->step[4].rule->err, EIO);
	assert_int_equal(s->step[4].fires, 2);
	assert_int_equal(s->step[5].result, EIO);
	assert_string_equal(s->step[5].method, "flr");
	assert_true(s->step[5].background);
	assert_int_equal(s->step[5].when.what, COND_FENCED);
	assert_int_equal(s->step[6].time_ns, 200000000);
	assert_int_equal(s->step[7].time_ns, 1000000000);
	assert_int_equal(s->step[8].nstates, 2);
	assert_int_equal(s->step[9].result, 3);
	scenario__free(s);
}

/* What a scenario does not say has to be as if nothing had happened. */
static void test_strict(void **state)
{
	struct scenario *s = parse(HEAD "steps: [ { reset: a } ]\nexpect: {}\n");

	(void)state;
	assert_int_equal(s->expect.count[COUNT_incidents].max, 0);
	assert_int_equal(s->expect.count[COUNT_timeouts].max, 0);
	assert_int_equal(s->expect.count[COUNT_stalls].max, 0);
	assert_true(s->expect.count[COUNT_cmdq_errors].max == SCENARIO_ANY);
	assert_int_equal(s->repeat, 1);
	assert_int_equal(scenario__hurt(s), 1);
	scenario__free(s);
	s = parse(HEAD "steps: [ { dead: a } ]\nexpect: { incidents: 1..3, innocents: 2.., recovered: any, untouched: a, quarantine: 100ms }\n");
	assert_int_equal(s->expect.count[COUNT_incidents].min, 1);
	assert_int_equal(s->expect.count[COUNT_incidents].max, 3);
	assert_true(s->expect.count[COUNT_cleared].max == SCENARIO_ANY);
	assert_int_equal(s->expect.limit_ns[LAT_QUARANTINE], 100000000);
	assert_int_equal(scenario__hurt(s), 0);
	scenario__free(s);
}

/* Errors have their place, and a suggestion where there is one. */
static void test_errors(void **state)
{
	(void)state;
	refused(HEAD "steps: [ { daed: a } ]\n" TAIL, "t:4:12: unknown key 'daed' in a step, did you mean 'dead'?");
	refused(HEAD "steps: [ { dead: b } ]\n" TAIL, "t:4:18: 'b' is not one of the scenario's devices");
	refused(HEAD "steps: [ { dead: a } ]\nrepeat: 0\n" TAIL, "t:5:9: must be between 1 and");
	refused(HEAD "steps: [ { wait: a brokn } ]\n" TAIL, "did you mean 'broken'?");
	refused(HEAD "steps: [ { dead: a }, { wait: many broken } ]\n" TAIL, "an impossible wait");
	refused(HEAD "steps: [ { dead: a }, { wait: 61s } ]\n" TAIL, "must be between");
	refused(HEAD "steps: [ { dead: a }, { wait: 30s } ]\n" TAIL, "longer than the scenario's limit");
	refused(HEAD "steps: [ { inject: gerror-lost, into: a } ]\n" TAIL, "is not on a device but behind a whole SMMU");
	refused(HEAD "steps: [ { dead: a, into: a } ]\n" TAIL, "only a fault");
	refused(HEAD "steps: [ { heal: a, background: yes } ]\nexpect: {}\n", "there is no background to it");
	refused(HEAD "steps: [ [ dead ] ]\n" TAIL, "a step is one word");
	refused(HEAD TAIL, "needs 'steps'");
	refused(HEAD "steps: [ { dead: a } ]\nexpect: { incidents: 99999999999999999999999 }\n", "is not a count");
	refused("[]", "has keys with values");
	refused("", "there is nothing in it");
	refused("name: x\nname: y\n", "t:2:1: 'name' is there twice");
	refused("name: [&a x, *a]\n", "anchors");
}

/* What would cost time or memory is refused before it does. */
static void test_bombs(void **state)
{
	static char text[SCENARIO_MAX_BYTES + 2];
	struct scenario *s;

	(void)state;
	memset(text, '[', 2000);
	refused(text, "nested too deeply");
	memset(text, 0, sizeof(text));
	strcpy(text, "a: [");
	for (size_t i = 4; i < 9004; i += 2)
		memcpy(text + i, "x,", 2);
	refused(text, "larger than any scenario");
	memset(text, ' ', sizeof(text));
	assert_int_equal(scenario__parse(&s, "t", text, sizeof(text), &err), -EINVAL);
	assert_non_null(strstr(err.text, "larger than any scenario"));
	memset(text, 0, sizeof(text));
	strcpy(text, HEAD "steps:\n");
	for (int i = 0; i < SCENARIO_STEPS + 1; i++)
		strcat(text, "- dead: a\n");
	strcat(text, TAIL);
	refused(text, "one too many, there can be 64");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_steps),
		cmocka_unit_test(test_strict),
		cmocka_unit_test(test_errors),
		cmocka_unit_test(test_bombs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
