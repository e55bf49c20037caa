// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "lib/log.h"
#include "sweep.h"

struct journal {
	int fd;
	json_t *results, *started;	/* by id: the result; how often it started without a result */
};

static int append(struct journal *j, const json_t *obj)
{
	char *line = json_dumps(obj, JSON_COMPACT | JSON_SORT_KEYS);
	int ret = line ? 0 : -ENOMEM;
	size_t len;

	if (!ret) {
		/* One write, so that a line is there or not */
		len = strlen(line);
		line[len] = '\n';
		if (write(j->fd, line, len + 1) != (ssize_t)len + 1 || fdatasync(j->fd))
			ret = errno ? -errno : -EIO;
	}
	free(line);
	return ret;
}

static void count_started(struct journal *j, const char *id, int change)
{
	json_int_t n = json_integer_value(json_object_get(j->started, id));

	json_object_set_new(j->started, id, json_integer(change ? n + change : 0));
}

static void take_line(struct journal *j, json_t *obj)
{
	const char *type = json_string_value(json_object_get(obj, "type"));
	const char *id = json_string_value(json_object_get(obj, "id"));

	if (!type || !id)
		return;
	if (!strcmp(type, "begin"))
		count_started(j, id, 1);
	if (!strcmp(type, "result")) {
		count_started(j, id, 0);
		json_object_set(j->results, id, obj);
	}
}

/* Returns how long the file is up to its last whole line, or -errno */
static off_t read_lines(struct journal *j, const json_t *header, struct error *err)
{
	FILE *f = fdopen(dup(j->fd), "r");
	char *line = NULL;
	size_t capacity = 0, number = 0;
	off_t good = 0;
	ssize_t n;
	json_t *obj;

	while (f && (n = getline(&line, &capacity, f)) > 0 && line[n - 1] == '\n') {
		obj = json_loadb(line, n, 0, NULL);
		if (!number++ && !json_equal(obj, header)) {
			error__describe(err, obj && json_object_get(obj, "workload") ?
					"it belongs to another sweep (kernel, workload, devices or limits differ); give another file" :
					"this is not the file of a sweep");
			good = -EINVAL;
		}
		if (obj && good >= 0)
			take_line(j, obj);
		json_decref(obj);
		if (good < 0)
			break;
		good += n;
	}
	free(line);
	if (f)
		fclose(f);
	return f ? good : -ENOMEM;
}

static int load(struct journal *j, const json_t *header, struct error *err)
{
	struct stat st;
	off_t good;

	if (flock(j->fd, LOCK_EX | LOCK_NB))
		return error__set(err, -EBUSY, "another sweep is at it");
	good = read_lines(j, header, err);
	if (good < 0)
		return good;
	if (fstat(j->fd, &st))
		return -errno;
	if (!good && st.st_size)
		return error__set(err, -EINVAL, "this is not the file of a sweep");
	/* A line that was cut off by whatever ended the sweep */
	if (ftruncate(j->fd, good) || lseek(j->fd, 0, SEEK_END) < 0)
		return -errno;
	return good ? 0 : append(j, header);
}

int journal__open(struct journal **out, const char *path, const json_t *header, struct error *err)
{
	struct journal *j = calloc(1, sizeof(*j));
	struct error reason = { "" };
	char inside[PATH_MAX];
	struct stat st;
	int ret = 0;

	if (!j)
		return -ENOMEM;
	if (!stat(path, &st) && S_ISDIR(st.st_mode)) {
		snprintf(inside, sizeof(inside), "%s/sweep.jsonl", path);
		path = inside;
	}
	j->results = json_object();
	j->started = json_object();
	j->fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
	ret = j->fd < 0 ? -errno : load(j, header, &reason);
	if (ret) {
		error__describe(err, "%s: %s", path, *reason.text ? reason.text : strerror(-ret));
		journal__close(j);
		return ret;
	}
	*out = j;
	return 0;
}

void journal__close(struct journal *j)
{
	if (!j)
		return;
	if (j->fd >= 0)
		close(j->fd);
	json_decref(j->results);
	json_decref(j->started);
	free(j);
}

json_t *journal__result(const struct journal *j, const char *id)
{
	return j ? json_object_get(j->results, id) : NULL;
}

unsigned int journal__unfinished(const struct journal *j, const char *id)
{
	return j ? json_integer_value(json_object_get(j->started, id)) : 0;
}

int journal__start(struct journal *j, const char *id)
{
	json_t *obj;
	int ret;

	if (!j)
		return 0;
	obj = json_pack("{s:s, s:s}", "type", "begin", "id", id);
	ret = append(j, obj);
	count_started(j, id, 1);
	json_decref(obj);
	return ret;
}

int journal__end(struct journal *j, json_t *result)
{
	const char *id = json_string_value(json_object_get(result, "id"));
	json_t *obj;
	int ret;

	if (!j || !id)
		return 0;
	obj = json_copy(result);
	json_object_set_new(obj, "type", json_string("result"));
	ret = append(j, obj);
	count_started(j, id, 0);
	json_object_set(j->results, id, result);
	json_decref(obj);
	return ret;
}

/* The output of a sweep: KTAP to stdout while it runs, a JSON document at its end. */

#define TAIL_BYTES 2048

void sweep_output__start(const struct sweep *s, size_t runs)
{
	json_t *text;
	size_t i;

	printf("KTAP version 1\n1..%zu\n", runs);
	json_array_foreach(s->left_out, i, text)
		printf("# left out: %s\n", json_string_value(text));
	fflush(stdout);
}

/* Shows the progress on a terminal; in a log the results do */
void sweep_output__progress(const struct sweep *s, const char *id, size_t runs)
{
	if (isatty(STDERR_FILENO))
		fprintf(stderr, "\r\033[K[%u/%zu] %s ", s->number + 1, runs, id);
}

json_t *sweep_output__result(const char *id, const struct sweep_stack *stack, unsigned int nth,
			     const struct sweep_run *t)
{
	enum sweep_verdict v;
	char reason[256];
	json_t *obj;

	v = sweep__verdict(&t->seen, reason, sizeof(reason));
	obj = json_pack("{s:s, s:s, s:s, s:b, s:i, s:I, s:I, s:O}", "id", id,
			"verdict", sweep_verdict__name(v), "why", reason, "fired", t->seen.fired,
			"status", t->seen.status, "duration_ns", (json_int_t)t->duration_ns,
			"incidents", (json_int_t)t->incidents, "violations", t->violations);
	if (stack)
		json_object_update_new(obj, json_pack("{s:s, s:s, s:i}", "fault", stack->point->name,
						      "stack", stack->frames, "nth", (int)nth));
	return obj;
}

static void print_tail(int fd)
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

/* Quotes @word for a shell */
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

static void print_repeat(const struct sweep *s, const char *id)
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
void sweep_output__run(struct sweep *s, json_t *result, const struct sweep_run *t)
{
	const char *id = json_string_value(json_object_get(result, "id"));
	const char *reason = json_string_value(json_object_get(result, "why"));
	const char *stack = json_string_value(json_object_get(result, "stack"));
	enum sweep_verdict v = sweep_verdict__by_name(json_string_value(json_object_get(result, "verdict")));
	bool bad = sweep_verdict__is_bad(v);
	json_t *violation;
	size_t i;

	if (isatty(STDERR_FILENO))
		fputs("\r\033[K", stderr);
	printf("%s %u %s%s%s%s\n", bad ? "not ok" : "ok", ++s->number, id,
	       v == SWEEP_NEVER_FIRED || v == SWEEP_NOT_CHECKED ? " # SKIP " : bad ? " # " : "",
	       v == SWEEP_OK ? "" : reason, t ? "" : " (before)");
	json_array_append(s->results, result);
	if (bad) {
		if (stack)
			printf("# from: %s\n", stack);
		json_array_foreach(json_object_get(result, "violations"), i, violation)
			printf("# %s: %s\n", json_string_value(json_object_get(violation, "invariant")),
			       json_string_value(json_object_get(violation, "text")));
		if (t)
			print_tail(t->output);
		print_repeat(s, id);
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

int sweep_output__end(struct sweep *s, bool complete)
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
	       count[SWEEP_OK], bad, count[SWEEP_NEVER_FIRED], count[SWEEP_NOT_CHECKED],
	       json_array_size(s->left_out), complete ? "" : "; not complete");
	ret = s->o->json ? write_json(s, complete) : 0;
	if (ret || bad)
		return ret ? ret : EXIT_BEHAVIOUR;
	/* The run without a fault alone shows nothing about faults */
	return !complete || count[SWEEP_NOT_CHECKED] || count[SWEEP_OK] < 2 ? EXIT_NO_DATA : 0;
}
