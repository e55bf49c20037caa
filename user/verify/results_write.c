// SPDX-License-Identifier: GPL-2.0-only
/* Results as JSON, laid out for people who review a baseline: a metric a line. */
#include <errno.h>
#include <jansson.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/file.h"
#include "lib/log.h"
#include "results.h"

static void put_text(FILE *out, const char *text)
{
	json_t *v = json_string(text);
	char *quoted = json_dumps(v, JSON_ENCODE_ANY);

	fputs(quoted ? quoted : "\"?\"", out);
	free(quoted);
	json_decref(v);
}

/* The fewest digits that are read as the same number again */
static void put_number(FILE *out, double v)
{
	char text[40];

	for (int digits = 15; digits <= 17; digits++) {
		snprintf(text, sizeof(text), "%.*g", digits, v);
		if (strtod(text, NULL) == v)
			break;
	}
	fputs(text, out);
}

static void put_pairs(FILE *out, const struct results_pairs *p)
{
	fputc('{', out);
	for (size_t i = 0; i < p->n; i++) {
		fputs(i ? ", " : " ", out);
		put_text(out, p->v[i].key);
		fputs(": ", out);
		put_text(out, p->v[i].value);
	}
	fputs(p->n ? " }" : "}", out);
}

static void put_env(FILE *out, const struct results_env *env)
{
	fputs("  \"environment\": {\n", out);
	for (size_t i = 0; i < RESULTS_ENV_TEXTS; i++) {
		fprintf(out, "    \"%s\": ", results__env_name(i));
		put_text(out, *results__env_text(env, i));
		fputs(",\n", out);
	}
	fprintf(out, "    \"cpus\": %u,\n    \"tools\": ", env->cpus);
	put_pairs(out, &env->tools);
	fputs("\n  },\n", out);
}

static void put_metric(FILE *out, const struct results_metric *m)
{
	fputs("          ", out);
	put_text(out, m->name);
	fputs(": [", out);
	for (size_t i = 0; i < m->n; i++) {
		fputs(i ? ", " : "", out);
		put_number(out, m->v[i]);
	}
	fputc(']', out);
}

static void put_boot(FILE *out, const struct results_boot *b)
{
	fputs("      {\n        \"boot_id\": ", out);
	put_text(out, b->boot_id);
	fputs(",\n        \"varied\": ", out);
	put_pairs(out, &b->varied);
	fputs(",\n        \"metrics\": {", out);
	for (size_t i = 0; i < b->nmetric; i++) {
		fputs(i ? ",\n" : "\n", out);
		put_metric(out, b->metric[i]);
	}
	fprintf(out, "%s}\n      }", b->nmetric ? "\n        " : "");
}

static void put_scenario(FILE *out, const struct results_scenario *s)
{
	fputs("    {\n      \"name\": ", out);
	put_text(out, s->name);
	fprintf(out, ",\n      \"verdict\": \"%s\",\n      \"reason\": ",
		scenario_verdict__name(s->verdict));
	put_text(out, s->reason);
	fputs(",\n      \"boots\": [", out);
	for (size_t i = 0; i < s->nboot; i++) {
		fputs(i ? ",\n" : "\n", out);
		put_boot(out, s->boot[i]);
	}
	fprintf(out, "%s]\n    }", s->nboot ? "\n      " : "");
}

static int put_all(FILE *out, const struct results *r)
{
	fprintf(out, "{\n  \"format\": \"%s\",\n  \"version\": %d,\n", RESULTS_FORMAT, RESULTS_VERSION);
	put_env(out, &r->env);
	fputs("  \"scenarios\": [", out);
	for (size_t i = 0; i < r->nscenario; i++) {
		fputs(i ? ",\n" : "\n", out);
		put_scenario(out, r->scenario[i]);
	}
	fprintf(out, "%s]\n}\n", r->nscenario ? "\n  " : "");
	return file__flush(out);
}

/* A pipe or device cannot be replaced, only written */
static int write_in_place(const struct results *r, const char *path)
{
	FILE *out = fopen(path, "we");
	int ret;

	if (!out)
		return -errno;
	ret = put_all(out, r);
	if (fclose(out) && !ret)
		ret = -errno;
	return ret;
}

static int replace(const struct results *r, const char *path)
{
	mode_t mask = umask(0);
	char *text = NULL;
	size_t len = 0;
	FILE *out;
	int ret;

	umask(mask);
	out = open_memstream(&text, &len);
	if (!out)
		return -errno;
	ret = put_all(out, r);
	if (fclose(out) && !ret)
		ret = -errno;
	if (!ret)
		ret = file__replace(path, text, len, 0666 & ~mask, FILE_DURABLE);
	free(text);
	return ret;
}

/* In a folder each boot has a file. *file is NULL if nothing was measured */
static int in_folder(const struct results *r, const char *folder, char **file)
{
	*file = NULL;
	for (size_t i = 0; i < r->nscenario; i++)
		if (r->scenario[i]->nboot)
			return asprintf(file, "%s/%s.json", folder, r->scenario[i]->boot[0]->boot_id) < 0 ? -ENOMEM : 0;
	return 0;
}

int results__write(const struct results *r, const char *path, struct error *err)
{
	char *file = NULL;
	struct stat st;
	int ret;

	if (!strcmp(path, "-"))
		ret = put_all(stdout, r);
	else if (stat(path, &st) || S_ISREG(st.st_mode))
		ret = replace(r, path);
	else if (!S_ISDIR(st.st_mode))
		ret = write_in_place(r, path);
	else if (!(ret = in_folder(r, path, &file)) && file)
		ret = replace(r, file);
	if (ret)
		error__describe(err, "%s: cannot write the results: %s", file ? file : path, strerror(-ret));
	free(file);
	return ret;
}
