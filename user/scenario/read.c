// SPDX-License-Identifier: GPL-2.0-only
/* A scenario's file, from the top. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/text.h"
#include "words.h"

#define LIMIT_NS	20000000000ull

static int name(struct reader *r, const struct node *n, void *to)
{
	struct scenario *s = to;
	int ret = words__copy(r, n, &s->name);

	if (!ret && strspn(s->name, "abcdefghijklmnopqrstuvwxyz0123456789-") != strlen(s->name))
		ret = words__fail(r, n, "a name has small letters, digits and '-', as it becomes a file's");
	return ret;
}

static int proves(struct reader *r, const struct node *n, void *to)
{
	return words__copy(r, n, &((struct scenario *)to)->proves);
}

static int kernel(struct reader *r, const struct node *n, void *to)
{
	const char *text;
	int ret = words__text(r, n, &text);

	if (ret)
		return ret;
	((struct scenario *)to)->any_kernel = !strcmp(text, "any");
	if (strcmp(text, "any") && strcmp(text, "series"))
		ret = words__fail(r, n, "must be 'series' (with patches/linux) or 'any'");
	return ret;
}

static int cpus(struct reader *r, const struct node *n, void *to)
{
	struct scenario *s = to;
	struct range range;
	int ret = words__range(r, n, &range);

	if (!ret && (range.min > 4096 || !range.max))
		ret = words__fail(r, n, "no machine has so many CPUs");
	s->cpus_min = range.min;
	s->cpus_max = range.max > 4096 ? 0 : range.max;
	return ret;
}

static int programs(struct reader *r, const struct node *n, void *to)
{
	struct scenario *s = to;

	return words__copies(r, n, s->programs, &s->nprograms);
}

static int needs(struct reader *r, const struct node *n, void *to)
{
	static const struct key keys[] = {
		{ "kernel", kernel }, { "cpus", cpus }, { "programs", programs }, { NULL, NULL }
	};

	return words__map(r, n, "'needs'", keys, to);
}

static int lab(struct reader *r, const struct node *n, void *to)
{
	return words__copy(r, n, &((struct scenario *)to)->lab);
}

static int slow(struct reader *r, const struct node *n, void *to)
{
	return words__bool(r, n, &((struct scenario *)to)->slow);
}

/* "testdev", "disk" or "1b4b:9123" */
static int device_kind(struct reader *r, const struct node *n, void *to)
{
	struct want *w = to;
	const char *text;
	unsigned int vendor, device;
	char rest;
	int ret = words__text(r, n, &text);

	if (ret)
		return ret;
	if (!strcmp(text, "testdev"))
		w->kind = WANT_TESTDEV;
	else if (!strcmp(text, "disk"))
		w->kind = WANT_DISK;
	else if (strlen(text) == 9 && sscanf(text, "%4x:%4x%c", &vendor, &device, &rest) == 2) {
		w->kind = WANT_ID;
		w->vendor = vendor;
		w->device = device;
	} else {
		return words__fail(r, n, "'%.40s' is not a kind of device: testdev, disk, or ids like 1b4b:9123", text);
	}
	return 0;
}

static int device_count(struct reader *r, const struct node *n, void *to)
{
	uint64_t count;
	int ret = words__number(r, n, 1, 72, &count);

	((struct want *)to)->count = count;
	return ret;
}

static int devices(struct reader *r, const struct node *n, void *to)
{
	static const struct key keys[] = { { "kind", device_kind }, { "count", device_count }, { NULL, NULL } };
	struct scenario *s = to;
	int ret = 0;

	if (n->kind != NODE_MAP)
		return words__fail(r, n, "'devices' gives each a name, like 'a: testdev'");
	for (size_t i = 0; i < n->n && !ret; i += 2) {
		const struct node *key = n->item[i];
		struct want *w = &s->want[s->nwants];

		if (s->nwants == SCENARIO_DEVICES)
			return words__fail(r, key, "one too many, there can be %d names", SCENARIO_DEVICES);
		*w = (struct want) { .count = 1, .line = key->line, .column = key->column };
		if (!*key->text || strlen(key->text) >= sizeof(w->name) ||
		    strspn(key->text, "abcdefghijklmnopqrstuvwxyz0123456789_") != strlen(key->text))
			return words__fail(r, key, "a device's name has small letters, digits and '_', 23 at most");
		strcpy(w->name, key->text);
		s->nwants++;
		ret = n->item[i + 1]->kind == NODE_MAP ? words__map(r, n->item[i + 1], "a device", keys, w) :
			device_kind(r, n->item[i + 1], w);
	}
	return ret;
}

static int steps(struct reader *r, const struct node *n, void *to)
{
	struct scenario *s = to;
	int ret = 0;

	if (n->kind != NODE_LIST)
		return words__fail(r, n, "'steps' is a list, like '- dead: a'");
	for (size_t i = 0; i < n->n && !ret; i++) {
		if (s->nsteps == SCENARIO_STEPS)
			return words__fail(r, n->item[i], "one too many, there can be %d", SCENARIO_STEPS);
		ret = words__step(r, n->item[i], &s->step[s->nsteps++]);
	}
	return ret;
}

static int repeat(struct reader *r, const struct node *n, void *to)
{
	return words__number(r, n, 1, 100000, &((struct scenario *)to)->repeat);
}

static int limit(struct reader *r, const struct node *n, void *to)
{
	return words__duration(r, n, 100000000, 3600000000000ull, &((struct scenario *)to)->limit_ns);
}

static int measure(struct reader *r, const struct node *n, void *to)
{
	struct scenario *s = to;
	const char *names[LAT_MAX + 1] = { NULL }, *text, *hint;
	int ret = 0;

	for (size_t i = 0; n->kind == NODE_LIST && i < n->n && !ret; i++)
		ret = n->item[i]->kind == NODE_SCALAR ? measure(r, n->item[i], to) :
			words__fail(r, n->item[i], "the name of a latency");
	if (n->kind == NODE_LIST)
		return ret;
	ret = words__text(r, n, &text);
	if (ret)
		return ret;
	for (int l = 0; l < LAT_MAX; l++) {
		names[l] = latency__name(l);
		if (!strcmp(names[l], text)) {
			s->measure[l] = true;
			return 0;
		}
	}
	hint = text__suggest(text, names);
	return words__fail(r, n, "'%.40s' cannot be measured%s%s%s", text, hint ? ", did you mean '" : "",
			    hint ? hint : "", hint ? "'?" : "");
}

/* A key that must have been read before others can be understood */
static int ignore(struct reader *r, const struct node *n, void *to)
{
	(void)r, (void)n, (void)to;
	return 0;
}

static const struct key keys[] = {
	{ "name", name }, { "proves", proves }, { "needs", needs }, { "lab", lab }, { "slow", slow },
	{ "devices", ignore }, { "workload", words__workload }, { "steps", steps },
	{ "expect", words__expect }, { "repeat", repeat }, { "limit", limit }, { "measure", measure },
	{ NULL, NULL }
};

int scenario__parse(struct scenario **out, const char *path, const char *text, size_t len,
		    char *err, size_t errlen)
{
	static const uint64_t defaults[] = {
#define X(id, word, def) def,
		EXPECT_COUNTS(X)
#undef X
	};
	struct reader r = { .path = path, .err = err, .errlen = errlen };
	struct node *root;
	int ret = node__parse(&root, path, text, len, err, errlen);

	*out = NULL;
	if (ret)
		return ret;
	r.s = calloc(1, sizeof(*r.s));
	ret = r.s && (r.s->path = strdup(path)) ? 0 : -ENOMEM;
	if (!ret) {
		r.s->repeat = 1;
		r.s->limit_ns = LIMIT_NS;
		for (int c = 0; c < COUNT_MAX; c++)
			r.s->expect.count[c] = (struct range) { defaults[c] == SCENARIO_ANY ? 0 : defaults[c], defaults[c] };
		if (node__get(root, "devices"))
			ret = devices(&r, node__get(root, "devices"), r.s);
	}
	if (!ret)
		ret = words__map(&r, root, "a scenario", keys, r.s);
	if (!ret)
		ret = scenario__check(&r, root);
	if (ret == -ENOMEM)
		snprintf(err, errlen, "%s: out of memory", path);
	node__free(root);
	if (ret)
		scenario__free(r.s);
	else
		*out = r.s;
	return ret;
}

int scenario__read(struct scenario **out, const char *path, char *err, size_t errlen)
{
	char *text = malloc(NODE_MAX_BYTES + 2);
	FILE *f = fopen(path, "re");
	size_t len = 0;
	int ret = text ? 0 : -ENOMEM;

	*out = NULL;
	if (!ret && (!f || (len = fread(text, 1, NODE_MAX_BYTES + 1, f), ferror(f))))
		ret = -errno;
	if (f)
		fclose(f);
	if (ret)
		snprintf(err, errlen, "%s: %s", path, strerror(-ret));
	else
		ret = scenario__parse(out, path, text, len, err, errlen);
	free(text);
	return ret;
}

static void free_texts(char **text, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free(text[i]);
}

void scenario__free(struct scenario *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->nsteps; i++) {
		free(s->step[i].rule);
		free(s->step[i].command);
	}
	for (size_t i = 0; i < s->nworkloads; i++)
		free(s->workload[i].command);
	for (size_t i = 0; i < s->expect.nallow; i++) {
		free(s->expect.allow[i].text);
		free(s->expect.allow[i].because);
	}
	free_texts(s->programs, s->nprograms);
	free_texts(s->expect.log, s->expect.nlog);
	free_texts(s->expect.no_log, s->expect.nno_log);
	free(s->path);
	free(s->name);
	free(s->proves);
	free(s->lab);
	free(s);
}
