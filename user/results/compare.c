// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <string.h>

#include "compare.h"

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
