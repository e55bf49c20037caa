// SPDX-License-Identifier: GPL-2.0-only
/* By this program's own commands, each in a process of its own. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "artefact.h"
#include "lib/log.h"
#include "lib/process.h"

#define SELF "/proc/self/exe"

/* Until @path has something in it, or 5 s are over */
static void wait_for_file(const char *path, pid_t pid)
{
	const struct timespec tick = { .tv_nsec = 10000000 };
	struct stat st;

	for (int i = 0; i < 500 && (stat(path, &st) || !st.st_size) && !kill(pid, 0); i++)
		nanosleep(&tick, NULL);
}

void artefact__begin(struct artefact *a, const char *dir, const char *name)
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

void artefact__end(struct artefact *a, struct outcome *out, const json_t *log)
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
	if (asprintf(&out->artefacts, "%s %s %s", recording, html, text) < 0)
		out->artefacts = NULL;
}

int baseline__compare(const char *baseline, const char *results)
{
	char *command[] = { SELF, "diff", (char *)baseline, (char *)results, NULL };

	fflush(stdout);
	return run(command);
}
