// SPDX-License-Identifier: GPL-2.0-only
/* KTAP for terminals and CI, JUnit for the rest, annotations for GitHub. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lib/file.h"
#include "lib/log.h"
#include "lib/process.h"
#include "scenario.h"
#include "scenario_internal.h"

void scenario_output__plan(size_t n)
{
	printf("KTAP version 1\n1..%zu\n", n);
	fflush(stdout);
}

/* A reason on one line, in which nothing looks like a directive */
static void print_reason(FILE *out, const char *text)
{
	for (; *text; text++)
		fputc(*text == '\n' || *text == '\r' ? ' ' : *text == '#' ? '*' : *text, out);
}

void scenario_output__outcome(const struct outcome *out, size_t number)
{
	bool ok = out->verdict == SCENARIO_OK || out->verdict == SCENARIO_SKIPPED;

	printf("%s %zu %s", ok ? "ok" : "not ok", number, out->s->name);
	if (out->verdict == SCENARIO_SKIPPED) {
		printf(" # SKIP ");
		print_reason(stdout, out->nreasons ? out->reasons[0] : "");
	}
	printf("\n");
	if (out->verdict == SCENARIO_SKIPPED) {
		fflush(stdout);
		return;
	}
	for (size_t i = 0; i < out->nreasons; i++) {
		printf("# %s%s: ", out->verdict == SCENARIO_ERROR ? "error: " : "", out->s->path);
		print_reason(stdout, out->reasons[i]);
		printf("\n");
	}
	if (out->artifacts)
		printf("# kept: %s\n", out->artifacts);
	if (!ok)
		printf("# repeat: atcq run %s\n", out->s->path);
	printf("# %s: %llu repetition(s), %.1f s\n", out->s->name, (unsigned long long)out->repetitions,
	       (double)out->took_ns / 1e9);
	fflush(stdout);
}

static size_t count(const struct outcome *out, size_t n, enum scenario_verdict v)
{
	size_t sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += out[i].verdict == v;
	return sum;
}

void scenario_output__summary(const struct outcome *out, size_t n)
{
	printf("# %zu passed, %zu failed, %zu errors, %zu skipped\n", count(out, n, SCENARIO_OK),
	       count(out, n, SCENARIO_FAILED), count(out, n, SCENARIO_ERROR), count(out, n, SCENARIO_SKIPPED));
	fflush(stdout);
}

static void junit_case(FILE *f, const struct outcome *out)
{
	const char *kind = out->verdict == SCENARIO_FAILED ? "failure" : out->verdict == SCENARIO_ERROR ? "error" : "skipped";

	fprintf(f, "  <testcase classname=\"atcq\" name=\"");
	html__text(f, out->s->name);
	fprintf(f, "\" time=\"%.3f\"", (double)out->took_ns / 1e9);
	if (out->verdict == SCENARIO_OK) {
		fprintf(f, "/>\n");
		return;
	}
	fprintf(f, ">\n    <%s message=\"", kind);
	html__text(f, out->nreasons ? out->reasons[0] : "");
	fprintf(f, "\">");
	for (size_t i = 0; i < out->nreasons; i++) {
		html__text(f, out->s->path);
		fprintf(f, ": ");
		html__text(f, out->reasons[i]);
		fprintf(f, "\n");
	}
	if (out->artifacts) {
		fprintf(f, "kept: ");
		html__text(f, out->artifacts);
		fprintf(f, "\n");
	}
	fprintf(f, "</%s>\n  </testcase>\n", kind);
}

int junit__write(const char *path, const struct outcome *out, size_t n)
{
	FILE *f = fopen(path, "we");
	struct utsname un = { 0 };
	uint64_t took = 0;

	if (!f)
		return -errno;
	for (size_t i = 0; i < n; i++)
		took += out[i].took_ns;
	uname(&un);
	fprintf(f, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n"
		" <testsuite name=\"atcq %s\" tests=\"%zu\" failures=\"%zu\" errors=\"%zu\" skipped=\"%zu\" time=\"%.3f\">\n",
		un.release, n, count(out, n, SCENARIO_FAILED), count(out, n, SCENARIO_ERROR),
		count(out, n, SCENARIO_SKIPPED), (double)took / 1e9);
	for (size_t i = 0; i < n; i++)
		junit_case(f, &out[i]);
	fprintf(f, " </testsuite>\n</testsuites>\n");
	if (ferror(f)) {
		fclose(f);
		return -EIO;
	}
	return fclose(f) ? -errno : 0;
}

/* The escapes of workflow commands: % and line ends, in properties also : and , */
static void github_text(const char *text, bool property)
{
	for (; *text; text++)
		if (*text == '%' || *text == '\n' || *text == '\r' || (property && (*text == ':' || *text == ',')))
			printf("%%%02X", *text);
		else
			putchar(*text);
}

static unsigned int line_of(const char *reason)
{
	unsigned int line;

	return sscanf(reason, "line %u:", &line) == 1 ? line : 1;
}

static void summary_row(FILE *f, const struct outcome *out)
{
	fprintf(f, "| %s | %s | %.1f s | ", out->s->name, scenario_verdict__name(out->verdict), (double)out->took_ns / 1e9);
	for (const char *c = out->nreasons ? out->reasons[0] : ""; *c; c++)
		fprintf(f, *c == '|' ? "\\|" : *c == '\n' ? " " : *c == '<' ? "&lt;" : "%c", *c);
	fprintf(f, " |\n");
}

void github__write(const struct outcome *out, size_t n)
{
	const char *path = getenv("GITHUB_STEP_SUMMARY");
	FILE *f = path && *path ? fopen(path, "ae") : NULL;

	for (size_t i = 0; i < n; i++) {
		if (out[i].verdict == SCENARIO_OK)
			continue;
		printf("::%s file=", out[i].verdict == SCENARIO_SKIPPED ? "notice" : "error");
		github_text(out[i].s->path, true);
		printf(",line=%u,title=", out[i].nreasons ? line_of(out[i].reasons[0]) : 1);
		github_text(out[i].s->name, true);
		printf("::");
		for (size_t k = 0; k < out[i].nreasons; k++) {
			github_text(out[i].reasons[k], false);
			printf("%s", k + 1 < out[i].nreasons ? "%0A" : "");
		}
		printf("\n");
	}
	fflush(stdout);
	if (!f)
		return;
	fprintf(f, "### atcq: %zu passed, %zu failed, %zu errors, %zu skipped\n\n| scenario | verdict | time | why |\n| --- | --- | --- | --- |\n",
		count(out, n, SCENARIO_OK), count(out, n, SCENARIO_FAILED), count(out, n, SCENARIO_ERROR),
		count(out, n, SCENARIO_SKIPPED));
	for (size_t i = 0; i < n; i++)
		summary_row(f, &out[i]);
	fclose(f);
}

/* Artifacts are made by this program's own commands, each in a process of its own. */

#define SELF "/proc/self/exe"

/* Waits until @path is not empty, at most 5 s */
static void wait_for_file(const char *path, pid_t pid)
{
	const struct timespec tick = { .tv_nsec = 10000000 };
	struct stat st;

	for (int i = 0; i < 500 && (stat(path, &st) || !st.st_size) && !kill(pid, 0); i++)
		nanosleep(&tick, NULL);
}

void artifact__start(struct artifact *a, const char *dir, const char *name)
{
	char path[600];
	char *command[] = { SELF, "record", "--force", "-o", path, NULL };
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

	if (mkdir(dir, 0777) && errno != EEXIST)
		log__warn("%s: %s", dir, strerror(errno));
	snprintf(a->base, sizeof(a->base), "%s/%s", dir, name);
	snprintf(path, sizeof(path), "%s.atcq", a->base);
	unlink(path);
	a->recorder = process__spawn_group(command, null);
	close(null);
	if (a->recorder > 0)
		wait_for_file(path, a->recorder);
	else
		log__warn("%s: cannot be recorded: %s", path, strerror(-a->recorder));
}

static void write_log(const char *path, const json_t *log)
{
	FILE *f = fopen(path, "we");
	json_t *line;
	size_t i;

	json_array_foreach(log, i, line)
		if (f)
			fprintf(f, "%s\n", json_string_value(line));
	if (!f || fclose(f))
		log__warn("%s: %s", path, strerror(errno));
}

static int run(char **command)
{
	pid_t pid = process__spawn(command);
	int status = EXIT_ENVIRONMENT;

	if (pid < 0 || process__wait(pid, &status))
		return EXIT_ENVIRONMENT;
	return status < 128 ? status : EXIT_ENVIRONMENT;
}

void artifact__stop(struct artifact *a, struct outcome *out, const json_t *log)
{
	char recording[600], html[600], text[600];
	char *report[] = { SELF, "report", "-i", recording, "--format", "html", "-o", html, NULL };

	if (!*a->base)
		return;
	snprintf(recording, sizeof(recording), "%s.atcq", a->base);
	snprintf(html, sizeof(html), "%s.html", a->base);
	snprintf(text, sizeof(text), "%s.log", a->base);
	if (a->recorder > 0) {
		kill(a->recorder, SIGINT);
		waitpid(a->recorder, NULL, 0);
	}
	if (out->verdict == SCENARIO_OK) {
		unlink(recording);
		return;
	}
	write_log(text, log);
	if (run(report))
		log__warn("%s: there is no report of it", recording);
	if (asprintf(&out->artifacts, "%s %s %s", recording, html, text) < 0)
		out->artifacts = NULL;
}

int baseline__compare(const char *baseline, const char *results)
{
	char *command[] = { SELF, "diff", (char *)baseline, (char *)results, NULL };

	fflush(stdout);
	return run(command);
}
