// SPDX-License-Identifier: GPL-2.0-only
/* Results from JSON: one file. Error messages name the place in the file. */
#include <dirent.h>
#include <errno.h>
#include <jansson.h>
#include <limits.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/file.h"
#include "lib/log.h"
#include "results.h"

#define MAX_SIZE	(64 << 20)

static int wrong(const struct reading *rd, const char *place, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

static int wrong(const struct reading *rd, const char *place, const char *fmt, ...)
{
	char *text = rd->err->text;
	int n = snprintf(text, sizeof(rd->err->text), "%s: %s%s", rd->file, place, *place ? ": " : "");
	va_list ap;

	va_start(ap, fmt);
	if (n > 0 && (size_t)n < sizeof(rd->err->text))
		vsnprintf(text + n, sizeof(rd->err->text) - n, fmt, ap);
	va_end(ap);
	return -EBADMSG;
}

static int no_memory(const struct reading *rd)
{
	error__describe(rd->err, "%s: out of memory", rd->file);
	return -ENOMEM;
}

static int require(const struct reading *rd, json_t *obj, const char *place, const char *key,
		   json_type type, json_t **out)
{
	static const char *const types[] = {
		[JSON_OBJECT] = "an object", [JSON_ARRAY] = "a list", [JSON_STRING] = "a text",
		[JSON_INTEGER] = "a whole number",
	};

	*out = json_object_get(obj, key);
	if (!*out)
		return wrong(rd, place, "'%s' is missing", key);
	if (json_typeof(*out) != type)
		return wrong(rd, place, "'%s' is not %s", key, types[type]);
	return 0;
}

static int require_text(const struct reading *rd, json_t *obj, const char *place, const char *key,
			const char **out)
{
	json_t *v;
	int ret = require(rd, obj, place, key, JSON_STRING, &v);

	*out = ret ? NULL : json_string_value(v);
	return ret;
}

static int read_values(const struct reading *rd, struct results_boot *b, const char *place,
		       const char *name, json_t *list)
{
	json_t *v;
	size_t i;
	int ret;

	if (!json_is_array(list))
		return wrong(rd, place, "metric '%s' is not a list of numbers", name);
	json_array_foreach(list, i, v) {
		if (!json_is_number(v))
			return wrong(rd, place, "metrics.%s[%zu]: not a number", name, i);
		ret = results__value(b, name, json_number_value(v));
		if (ret == -EINVAL)
			return wrong(rd, place, "metrics.%s[%zu]: negative", name, i);
		if (ret)
			return no_memory(rd);
	}
	return 0;
}

static int read_boot(const struct reading *rd, struct results_scenario *s, json_t *obj,
		     const char *place)
{
	json_t *metrics, *varied = json_object_get(obj, "varied"), *v;
	size_t before = s->nboot;
	struct results_boot *b;
	const char *id, *key;
	int ret;

	if (!json_is_object(obj))
		return wrong(rd, place, "not an object");
	ret = require_text(rd, obj, place, "boot_id", &id);
	if (ret)
		return ret;
	if (!*id)
		return wrong(rd, place, "'boot_id' is empty");
	b = results__boot(s, id);
	if (!b)
		return no_memory(rd);
	if (s->nboot == before)
		return wrong(rd, place, "boot %s is there already: the same boot twice is not two", id);
	json_object_foreach(varied, key, v)
		if (json_is_string(v) && results__varied(b, key, json_string_value(v)))
			return no_memory(rd);
	ret = require(rd, obj, place, "metrics", JSON_OBJECT, &metrics);
	if (ret)
		return ret;
	json_object_foreach(metrics, key, v) {
		ret = read_values(rd, b, place, key, v);
		if (ret)
			return ret;
	}
	return 0;
}

/* Of several files, the worst counts: in the order of the enum, but an error is worse
 * than a scenario that was skipped, and a failure than both */
static unsigned int badness(enum scenario_verdict v)
{
	return v == SCENARIO_FAILED ? 3 : v == SCENARIO_ERROR ? 2 : v == SCENARIO_SKIPPED;
}

static int read_verdict(const struct reading *rd, struct results_scenario *s, json_t *obj,
			const char *place)
{
	const char *name, *reason = json_string_value(json_object_get(obj, "reason"));
	int v = SCENARIO_OK;
	int ret = require_text(rd, obj, place, "verdict", &name);

	if (ret)
		return ret;
	while (v <= SCENARIO_ERROR && strcmp(name, scenario_verdict__name(v)))
		v++;
	if (v > SCENARIO_ERROR)
		return wrong(rd, place, "unknown verdict '%s', it is ok, failed, skipped or error", name);
	if (badness(v) >= badness(s->verdict) && results__verdict(s, v, reason ? reason : ""))
		return no_memory(rd);
	return 0;
}

static int read_scenario(const struct reading *rd, struct results *r, json_t *obj, size_t index)
{
	struct results_scenario *s;
	char place[64];
	json_t *boots, *boot;
	const char *name;
	size_t i;
	int ret;

	snprintf(place, sizeof(place), "scenarios[%zu]", index);
	if (!json_is_object(obj))
		return wrong(rd, place, "not an object");
	ret = require_text(rd, obj, place, "name", &name);
	if (ret)
		return ret;
	s = results__scenario(r, name);
	if (!s)
		return no_memory(rd);
	ret = read_verdict(rd, s, obj, place);
	if (!ret)
		ret = require(rd, obj, place, "boots", JSON_ARRAY, &boots);
	if (ret)
		return ret;
	json_array_foreach(boots, i, boot) {
		snprintf(place, sizeof(place), "scenarios[%zu].boots[%zu]", index, i);
		ret = read_boot(rd, s, boot, place);
		if (ret)
			return ret;
	}
	return 0;
}

static int read_env(const struct reading *rd, struct results *r, json_t *env)
{
	json_t *cpus = json_object_get(env, "cpus"), *v;
	const char *text, *key;

	for (size_t i = 0; i < RESULTS_ENV_TEXTS; i++) {
		v = json_object_get(env, results__env_name(i));
		text = json_string_value(v);
		if (v && !text)
			return wrong(rd, "environment", "'%s' is not a text", results__env_name(i));
		if (results__copy(results__env_text(&r->env, i), text ? text : ""))
			return no_memory(rd);
	}
	if (cpus && (!json_is_integer(cpus) || json_integer_value(cpus) < 0 ||
		     json_integer_value(cpus) > 65536))
		return wrong(rd, "environment", "'cpus' is not a number of CPUs");
	r->env.cpus = json_integer_value(cpus);
	json_object_foreach(json_object_get(env, "tools"), key, v)
		if (json_is_string(v) && results__tool(r, key, json_string_value(v)))
			return no_memory(rd);
	return 0;
}

static int read_root(const struct reading *rd, struct results *r, json_t *root)
{
	json_t *format, *version, *env, *scenarios, *s;
	size_t i;
	int ret;

	format = json_object_get(root, "format");
	if (!json_is_string(format) || strcmp(json_string_value(format), RESULTS_FORMAT))
		return wrong(rd, "", "is not a results file: no '\"format\": \"" RESULTS_FORMAT
			     "\"', as atcq run --json writes it");
	ret = require(rd, root, "", "version", JSON_INTEGER, &version);
	if (ret)
		return ret;
	if (json_integer_value(version) != RESULTS_VERSION)
		return wrong(rd, "", "has version %lld, this atcq knows %d: use the atcq that wrote it, or a newer one",
			     (long long)json_integer_value(version), RESULTS_VERSION);
	ret = require(rd, root, "", "environment", JSON_OBJECT, &env);
	if (!ret)
		ret = require(rd, root, "", "scenarios", JSON_ARRAY, &scenarios);
	if (!ret)
		ret = read_env(rd, r, env);
	if (ret)
		return ret;
	json_array_foreach(scenarios, i, s) {
		ret = read_scenario(rd, r, s, i);
		if (ret)
			return ret;
	}
	return 0;
}

int read__text(const struct reading *rd, struct results *r, const char *text, size_t len)
{
	json_error_t je;
	json_t *root;
	int ret;

	if (!len)
		return wrong(rd, "", "is empty");
	root = json_loadb(text, len, JSON_REJECT_DUPLICATES, &je);
	if (!root) {
		error__describe(rd->err, "%s:%d:%d: %s", rd->file, je.line, je.column, je.text);
		return -EBADMSG;
	}
	ret = read_root(rd, r, root);
	json_decref(root);
	return ret;
}

static int read__file(const struct reading *rd, struct results *r)
{
	struct stat st;
	char *text = NULL;
	size_t n = 0;
	int ret = 0;

	if (stat(rd->file, &st))
		ret = -errno;
	else if (!S_ISREG(st.st_mode))
		return wrong(rd, "", "is no regular file");
	else if (st.st_size > MAX_SIZE)
		return wrong(rd, "", "has %lld bytes, results have at most %d", (long long)st.st_size, MAX_SIZE);
	if (!ret)
		ret = file__read(rd->file, MAX_SIZE, &text, &n);
	if (ret == -ENOMEM)
		return no_memory(rd);
	if (ret)
		error__describe(rd->err, "%s: %s", rd->file, strerror(-ret));
	else
		ret = read__text(rd, r, text, n);
	free(text);
	return ret;
}

/* A results file, or a folder of them as one: several boots of one environment. */

static int is_results(const struct dirent *d)
{
	size_t n = strlen(d->d_name);

	return d->d_name[0] != '.' && n > 5 && !strcmp(d->d_name + n - 5, ".json");
}

/* Two files of a folder have to be of the same kernel, too */
static int same_env(const struct reading *rd, const char *first, const struct results *r,
		    const struct results *next)
{
	struct env_difference d[ENV_DIFFERENCES_MAX];

	if (!env__compare(&r->env, &next->env, true, d))
		return 0;
	error__describe(rd->err, "%s: environment.%s is '%s', but '%s' in %s: a folder holds results of one environment",
			rd->file, d[0].field, d[0].b, d[0].a, first);
	return -EBADMSG;
}

/*
 * Reads the file again into a results of its own for its environment: files are
 * small, and this leaves one way to read one
 */
static int add_file(const struct reading *rd, const char *first, struct results *r)
{
	struct results *alone;
	int ret;

	if (!first)
		return read__file(rd, r);
	alone = results__new();
	if (!alone)
		return -ENOMEM;
	ret = read__file(rd, alone);
	if (!ret)
		ret = same_env(rd, first, r, alone);
	if (!ret)
		ret = read__file(rd, r);
	results__free(alone);
	return ret;
}

static int read_folder(const char *path, struct results *r, struct error *err)
{
	char file[PATH_MAX], first[PATH_MAX];
	struct dirent **entries;
	int n = scandir(path, &entries, is_results, alphasort), ret = 0;
	struct reading rd = { file, err };

	if (n < 0) {
		ret = -errno;
		return error__set(err, ret, "%s: %s", path, strerror(errno));
	}
	if (!n) {
		error__describe(err, "%s: has no results: no file *.json", path);
		ret = -EBADMSG;
	}
	for (int i = 0; i < n; i++) {
		if (!ret) {
			snprintf(file, sizeof(file), "%s/%s", path, entries[i]->d_name);
			ret = add_file(&rd, i ? first : NULL, r);
			if (!i)
				memcpy(first, file, sizeof(first));
		}
		free(entries[i]);
	}
	free(entries);
	return ret;
}

int results__read(const char *path, struct results **out, struct error *err)
{
	struct reading rd = { path, err };
	struct results *r = results__new();
	struct stat st;
	int ret;

	*out = NULL;
	if (!r)
		return error__set(err, -ENOMEM, "%s: out of memory", path);
	if (!stat(path, &st) && S_ISDIR(st.st_mode))
		ret = read_folder(path, r, err);
	else
		ret = read__file(&rd, r);
	if (ret)
		results__free(r);
	else
		*out = r;
	return ret;
}
