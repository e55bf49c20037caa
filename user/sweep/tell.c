// SPDX-License-Identifier: GPL-2.0-only
/* What a sweep says: KTAP to stdout as it goes on, a JSON document at its end. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "lib/log.h"
#include "sweep.h"

#define TAIL_BYTES 2048

void tell__begin(const struct sweep *s, size_t runs)
{
	json_t *text;
	size_t i;

	printf("KTAP version 1\n1..%zu\n", runs);
	json_array_foreach(s->left_out, i, text)
		printf("# left out: %s\n", json_string_value(text));
	fflush(stdout);
}

/* Where it is, on a terminal; in a log the results are the progress */
void tell__progress(const struct sweep *s, const char *id, size_t runs)
{
	if (isatty(STDERR_FILENO))
		fprintf(stderr, "\r\033[K[%u/%zu] %s ", s->number + 1, runs, id);
}

json_t *tell__result(const char *id, const struct sweep_stack *stack, unsigned int nth,
		     const struct trial *t)
{
	enum sweep_verdict v;
	char why[256];
	json_t *obj;

	v = sweep__verdict(&t->facts, why, sizeof(why));
	obj = json_pack("{s:s, s:s, s:s, s:b, s:i, s:I, s:I, s:O}", "id", id,
			"verdict", sweep_verdict__name(v), "why", why, "fired", t->facts.fired,
			"status", t->facts.status, "duration_ns", (json_int_t)t->duration_ns,
			"incidents", (json_int_t)t->incidents, "violations", t->violations);
	if (stack)
		json_object_update_new(obj, json_pack("{s:s, s:s, s:i}", "fault", stack->point->name,
						      "stack", stack->frames, "nth", (int)nth));
	return obj;
}

static void tell_tail(int fd)
{
	char buf[TAIL_BYTES + 1], *line, *rest = buf;
	off_t end = lseek(fd, 0, SEEK_END);
	ssize_t n = pread(fd, buf, TAIL_BYTES, end > TAIL_BYTES ? end - TAIL_BYTES : 0);

	if (n <= 0)
		return;
	buf[n] = '\0';
	while ((line = strsep(&rest, "\n")))
		if (*line)
			printf("# | %s\n", line);
}

/* As the shell would read it again */
static void print_quoted(const char *word)
{
	if (*word && strspn(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789@%+=:,./_-") == strlen(word)) {
		printf(" %s", word);
		return;
	}
	printf(" '");
	for (; *word; word++)
		if (*word == '\'')
			printf("'\\''");
		else
			putchar(*word);
	putchar('\'');
}

static void tell_repeat(const struct sweep *s, const char *id)
{
	printf("# repeat: atcq run --sweep --only %s", id);
	for (size_t i = 0; i < s->o->device.n; i++)
		printf(" --device %s", s->o->device.v[i]);
	if (s->o->force)
		printf(" --force");
	printf(" --max-devices %" PRIu64 " --", s->o->max_devices);
	for (char **word = s->workload; *word; word++)
		print_quoted(*word);
	printf("\n");
}

/* @t: NULL if it ran before */
void tell__run(struct sweep *s, json_t *result, const struct trial *t)
{
	const char *id = json_string_value(json_object_get(result, "id"));
	const char *why = json_string_value(json_object_get(result, "why"));
	const char *stack = json_string_value(json_object_get(result, "stack"));
	enum sweep_verdict v = sweep_verdict__by_name(json_string_value(json_object_get(result, "verdict")));
	bool bad = sweep_verdict__is_bad(v);
	json_t *violation;
	size_t i;

	if (isatty(STDERR_FILENO))
		fputs("\r\033[K", stderr);
	printf("%s %u %s%s%s%s\n", bad ? "not ok" : "ok", ++s->number, id,
	       v == SWEEP_NEVER_FIRED || v == SWEEP_NOT_JUDGED ? " # SKIP " : bad ? " # " : "",
	       v == SWEEP_OK ? "" : why, t ? "" : " (before)");
	json_array_append(s->results, result);
	if (bad) {
		if (stack)
			printf("# from: %s\n", stack);
		json_array_foreach(json_object_get(result, "violations"), i, violation)
			printf("# %s: %s\n", json_string_value(json_object_get(violation, "invariant")),
			       json_string_value(json_object_get(violation, "text")));
		if (t)
			tell_tail(t->output);
		tell_repeat(s, id);
	}
	fflush(stdout);
}

static json_t *document(const struct sweep *s, bool complete)
{
	json_t *stacks = json_array(), *workload = json_array();
	struct utsname un = { 0 };

	uname(&un);
	for (char **word = s->workload; *word; word++)
		json_array_append_new(workload, json_string(*word));
	for (size_t i = 0; i < s->cases.nstacks; i++)
		json_array_append_new(stacks, json_pack("{s:s, s:s, s:I, s:s}",
			"fault", s->cases.stack[i].point->name, "id", s->cases.stack[i].id,
			"count", (json_int_t)s->cases.stack[i].count, "stack", s->cases.stack[i].frames));
	return json_pack("{s:i, s:s, s:o, s:b, s:o, s:O, s:O}", "version", 1, "kernel", un.release,
			 "workload", workload, "complete", complete, "stacks", stacks,
			 "runs", s->results, "left_out", s->left_out);
}

static int write_json(const struct sweep *s, bool complete)
{
	FILE *f = fopen(s->o->json, "we");
	json_t *obj = document(s, complete);
	int ret = f ? 0 : -errno;

	if (!ret && json_dumpf(obj, f, JSON_INDENT(1)))
		ret = -EIO;
	if (f && (fputc('\n', f) == EOF || fclose(f)) && !ret)
		ret = -errno;
	json_decref(obj);
	if (ret)
		log__error("%s: %s", s->o->json, strerror(-ret));
	return ret ? EXIT_ENVIRONMENT : 0;
}

int tell__end(struct sweep *s, bool complete)
{
	size_t count[SWEEP_NEVER_FIRED + 1] = { 0 }, i, bad = 0;
	json_t *result;
	int ret;

	json_array_foreach(s->results, i, result) {
		enum sweep_verdict v = sweep_verdict__by_name(
			json_string_value(json_object_get(result, "verdict")));

		count[v]++;
		bad += sweep_verdict__is_bad(v);
	}
	printf("# %zu ok, %zu not ok, %zu never fired, %zu not judged, %zu kind(s) left out%s\n",
	       count[SWEEP_OK], bad, count[SWEEP_NEVER_FIRED], count[SWEEP_NOT_JUDGED],
	       json_array_size(s->left_out), complete ? "" : "; not complete");
	ret = s->o->json ? write_json(s, complete) : 0;
	if (ret || bad)
		return ret ? ret : EXIT_BEHAVIOUR;
	/* The run without a fault alone says nothing of them */
	return !complete || count[SWEEP_NOT_JUDGED] || count[SWEEP_OK] < 2 ? EXIT_NO_DATA : 0;
}
