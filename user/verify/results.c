// SPDX-License-Identifier: GPL-2.0-only
/* The results of a run in memory: building and look-up. */
#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>
#include <zlib.h>

#include "lib/text.h"
#include "results.h"

/* "# CONFIG_X is not set" and a line that is not there are the same */
static bool is_option(const char *line)
{
	return !strncmp(line, "CONFIG_", 7);
}

void config__hash(const char *path, char out[RESULTS_CONFIG_LEN])
{
	gzFile f = gzopen(path, "r");
	char line[4096];
	uint64_t sum = 0;
	bool any = false;

	out[0] = '\0';
	if (!f)
		return;
	while (gzgets(f, line, sizeof(line))) {
		if (!is_option(line))
			continue;
		/* The order of the lines does not matter to a sum */
		sum += fnv64__add(FNV64_BASIS, line, strcspn(line, "\n"));
		any = true;
	}
	gzclose(f);
	if (any)
		snprintf(out, RESULTS_CONFIG_LEN, "%016" PRIx64, sum);
}

#ifndef ATCQ_VERSION
#define ATCQ_VERSION "unknown"
#endif

const char *scenario_verdict__name(enum scenario_verdict v)
{
	static const char *const names[] = { "ok", "failed", "skipped", "error" };

	return (size_t)v < sizeof(names) / sizeof(names[0]) ? names[v] : "?";
}

/* JSON is UTF-8: jansson checks the text */
int results__copy(char **to, const char *text)
{
	json_t *utf8 = json_string(text);
	char *copy = strdup(utf8 ? text : "?");

	json_decref(utf8);
	if (!copy)
		return -ENOMEM;
	free(*to);
	*to = copy;
	return 0;
}

/* Room for one more pointer at the end of an array of them */
static int grow(void *array, size_t n)
{
	void **v = *(void ***)array;

	/* At powers of two */
	if (n & (n - 1))
		return 0;
	v = realloc(v, (n ? n * 2 : 1) * sizeof(*v));
	if (!v)
		return -ENOMEM;
	*(void ***)array = v;
	return 0;
}

static void free_pairs(struct results_pairs *p)
{
	for (size_t i = 0; i < p->n; i++) {
		free(p->v[i].key);
		free(p->v[i].value);
	}
	free(p->v);
}

static int set_pair(struct results_pairs *p, const char *key, const char *value)
{
	struct results_pair *v;

	for (size_t i = 0; i < p->n; i++)
		if (!strcmp(p->v[i].key, key))
			return results__copy(&p->v[i].value, value);
	v = realloc(p->v, (p->n + 1) * sizeof(*v));
	if (!v)
		return -ENOMEM;
	p->v = v;
	v[p->n] = (struct results_pair){ 0 };
	if (results__copy(&v[p->n].key, key) || results__copy(&v[p->n].value, value)) {
		free(v[p->n].key);
		return -ENOMEM;
	}
	p->n++;
	return 0;
}

static void boot__free(struct results_boot *b)
{
	for (size_t i = 0; i < b->nmetric; i++) {
		free(b->metric[i]->name);
		free(b->metric[i]->v);
		free(b->metric[i]);
	}
	free(b->metric);
	free_pairs(&b->varied);
	free(b->boot_id);
	free(b);
}

static void scenario__free(struct results_scenario *s)
{
	for (size_t i = 0; i < s->nboot; i++)
		boot__free(s->boot[i]);
	free(s->boot);
	free(s->name);
	free(s->reason);
	free(s);
}

void results__free(struct results *r)
{
	if (!r)
		return;
	for (size_t i = 0; i < r->nscenario; i++)
		scenario__free(r->scenario[i]);
	free(r->scenario);
	for (size_t i = 0; i < RESULTS_ENV_TEXTS; i++)
		free(*results__env_text(&r->env, i));
	free_pairs(&r->env.tools);
	free(r);
}

static const struct {
	const char *name;
	size_t offset;
} env_texts[RESULTS_ENV_TEXTS] = {
	{ "atcq", offsetof(struct results_env, atcq) },
	{ "kernel", offsetof(struct results_env, kernel) },
	{ "build", offsetof(struct results_env, build) },
	{ "config", offsetof(struct results_env, config) },
	{ "machine", offsetof(struct results_env, machine) },
	{ "clock", offsetof(struct results_env, clock) },
	{ "source", offsetof(struct results_env, source) },
};

const char *results__env_name(size_t i)
{
	return env_texts[i].name;
}

char **results__env_text(const struct results_env *env, size_t i)
{
	return (char **)((char *)env + env_texts[i].offset);
}

struct results *results__new(void)
{
	struct results *r = calloc(1, sizeof(*r));

	for (size_t i = 0; r && i < RESULTS_ENV_TEXTS; i++) {
		if (results__copy(results__env_text(&r->env, i), "")) {
			results__free(r);
			return NULL;
		}
	}
	return r;
}

static const char *variable(const char *name, const char *otherwise)
{
	const char *value = getenv(name);

	return value && *value ? value : otherwise;
}

int results__env_here(struct results *r, const char *source)
{
	const char *emulator = variable("ATCQ_ENV_EMULATOR", "");
	struct results_env *e = &r->env;
	struct utsname un = { 0 };
	char config[RESULTS_CONFIG_LEN];

	uname(&un);
	config__hash("/proc/config.gz", config);
	e->cpus = sysconf(_SC_NPROCESSORS_CONF);
	if (results__copy(&e->atcq, ATCQ_VERSION) || results__copy(&e->kernel, un.release) ||
	    results__copy(&e->build, un.version) || results__copy(&e->machine, un.machine) ||
	    results__copy(&e->source, source) ||
	    results__copy(&e->config, variable("ATCQ_ENV_CONFIG", config)) ||
	    results__copy(&e->clock, variable("ATCQ_ENV_CLOCK", "wall")))
		return -ENOMEM;
	return *emulator ? results__tool(r, "emulator", emulator) : 0;
}

int results__tool(struct results *r, const char *name, const char *version)
{
	return set_pair(&r->env.tools, name, version);
}

struct results_scenario *results__scenario(struct results *r, const char *name)
{
	struct results_scenario *s;

	for (size_t i = 0; i < r->nscenario; i++)
		if (!strcmp(r->scenario[i]->name, name))
			return r->scenario[i];
	s = calloc(1, sizeof(*s));
	if (!s || results__copy(&s->name, name) || results__copy(&s->reason, "") ||
	    grow(&r->scenario, r->nscenario)) {
		if (s)
			scenario__free(s);
		return NULL;
	}
	return r->scenario[r->nscenario++] = s;
}

int results__verdict(struct results_scenario *s, enum scenario_verdict verdict, const char *reason)
{
	s->verdict = verdict;
	return results__copy(&s->reason, reason);
}

struct results_boot *results__boot(struct results_scenario *s, const char *boot_id)
{
	struct results_boot *b;

	for (size_t i = 0; i < s->nboot; i++)
		if (!strcmp(s->boot[i]->boot_id, boot_id))
			return s->boot[i];
	b = calloc(1, sizeof(*b));
	if (!b || results__copy(&b->boot_id, boot_id) || grow(&s->boot, s->nboot)) {
		if (b)
			boot__free(b);
		return NULL;
	}
	return s->boot[s->nboot++] = b;
}

int results__varied(struct results_boot *b, const char *key, const char *value)
{
	return set_pair(&b->varied, key, value);
}

const struct results_metric *results__metric(const struct results_boot *b, const char *name)
{
	for (size_t i = 0; i < b->nmetric; i++)
		if (!strcmp(b->metric[i]->name, name))
			return b->metric[i];
	return NULL;
}

static struct results_metric *metric(struct results_boot *b, const char *name)
{
	struct results_metric *m = (struct results_metric *)results__metric(b, name);

	if (m)
		return m;
	m = calloc(1, sizeof(*m));
	if (!m || results__copy(&m->name, name) || grow(&b->metric, b->nmetric)) {
		if (m)
			free(m->name);
		free(m);
		return NULL;
	}
	return b->metric[b->nmetric++] = m;
}

int results__value(struct results_boot *b, const char *name, double value)
{
	struct results_metric *m;

	if (!isfinite(value) || value < 0)
		return -EINVAL;
	m = metric(b, name);
	if (!m)
		return -ENOMEM;
	if (!(m->n & (m->n - 1))) {
		double *v = realloc(m->v, (m->n ? m->n * 2 : 1) * sizeof(*v));

		if (!v)
			return -ENOMEM;
		m->v = v;
	}
	m->v[m->n++] = value;
	return 0;
}

static size_t add(struct env_difference *d, size_t n, const char *field, const char *a, const char *b)
{
	if (n == ENV_DIFFERENCES_MAX || !strcmp(a, b))
		return n;
	snprintf(d[n].field, sizeof(d[n].field), "%s", field);
	snprintf(d[n].a, sizeof(d[n].a), "%s", a);
	snprintf(d[n].b, sizeof(d[n].b), "%s", b);
	return n + 1;
}

static const char *find(const struct results_pairs *p, const char *key)
{
	for (size_t i = 0; i < p->n; i++)
		if (!strcmp(p->v[i].key, key))
			return p->v[i].value;
	return "";
}

static bool is_kernel(const char *field)
{
	return !strcmp(field, "kernel") || !strcmp(field, "build");
}

size_t env__compare(const struct results_env *a, const struct results_env *b, bool kernel_too,
		    struct env_difference d[ENV_DIFFERENCES_MAX])
{
	char ca[16], cb[16], field[64];
	size_t n = 0;

	for (size_t i = 0; i < RESULTS_ENV_TEXTS; i++) {
		if (is_kernel(results__env_name(i)) && !kernel_too)
			continue;
		n = add(d, n, results__env_name(i), *results__env_text(a, i), *results__env_text(b, i));
	}
	snprintf(ca, sizeof(ca), "%u", a->cpus);
	snprintf(cb, sizeof(cb), "%u", b->cpus);
	n = add(d, n, "cpus", ca, cb);
	for (size_t i = 0; i < a->tools.n; i++) {
		snprintf(field, sizeof(field), "tools.%s", a->tools.v[i].key);
		n = add(d, n, field, a->tools.v[i].value, find(&b->tools, a->tools.v[i].key));
	}
	for (size_t i = 0; i < b->tools.n; i++) {
		if (*find(&a->tools, b->tools.v[i].key))
			continue;
		snprintf(field, sizeof(field), "tools.%s", b->tools.v[i].key);
		n = add(d, n, field, "", b->tools.v[i].value);
	}
	return n;
}
