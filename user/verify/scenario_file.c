// SPDX-License-Identifier: GPL-2.0-only
/* A scenario's file, from the top. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/log.h"
#include "lib/text.h"
#include "scenario_internal.h"

/* Errors of a scenario as a whole: it could never pass, or never fail. */

names_t scenario__hurt(const struct scenario *s)
{
	names_t hurt = 0;

	for (size_t i = 0; i < s->nsteps; i++) {
		switch (s->step[i].kind) {
		case STEP_DEAD: case STEP_SLOW: case STEP_STUBBORN: case STEP_INJECT: case STEP_RESET:
		case STEP_REMOVE: case STEP_SLOT_OFF:
			hurt |= s->step[i].names;
			break;
		default:
			break;
		}
	}
	return hurt & ~s->expect.untouched;
}

static int check_inject(struct yaml *y, const struct yaml_node *at, const struct step *st)
{
	struct error reason;

	if (rule__check(st->rule, &reason))
		return yaml__fail(y, at, "%s", reason.text);
	if (!st->names && st->rule->smmu == ATCQ_NONE && !st->rule->nsid && !st->rule->ngroup)
		return yaml__fail(y, at, "%s: which device is it for? Add 'into: NAME', or 'smmu: N'",
				    st->point->name);
	if (st->names && !(st->point->takes & TAKES_DEVICE))
		return yaml__fail(y, at, "%s is not on a device but behind a whole SMMU: 'smmu: 0'", st->point->name);
	return 0;
}

/* Can a step or the kernel bring a device into that state? */
static int check_waited(struct yaml *y, const struct yaml_node *at, const struct scenario *s,
			const struct step *st, const struct state_of *of)
{
	names_t hurt = scenario__hurt(s), lost = 0;
	const char *state = condition__name(of->what);

	if (s->any_kernel && (of->what <= COND_BROKEN || (of->what >= COND_ATS_ON && of->what <= COND_ATS_BROKEN) ||
			      of->what == COND_DETECTED || of->what == COND_BLOCKED || of->what == COND_FENCED))
		return yaml__fail(y, at, "only a kernel of the series reports '%s', and this is for any", state);
	if (of->what == COND_DMA_WORKS || of->what == COND_DMA_REFUSED)
		return st->kind == STEP_DMA ? 0 : yaml__fail(y, at, "write '%s' as 'dma: NAME %s'", state, state);
	for (size_t i = 0; i < s->nsteps; i++)
		if (s->step[i].kind == STEP_REMOVE || s->step[i].kind == STEP_SLOT_OFF)
			lost |= s->step[i].names;
	if (of->what == COND_REMOVED && of->names & ~lost)
		return yaml__fail(y, at, "an impossible wait: no step removes this device");
	if (of->what != COND_HEALTHY && of->what != COND_ATS_ON && of->names & ~hurt)
		return yaml__fail(y, at, "an impossible wait: no step does anything to this device");
	return 0;
}

static int check_step(struct yaml *y, const struct yaml_node *at, const struct scenario *s, const struct step *st)
{
	int ret = 0;

	if (st->kind == STEP_INJECT)
		ret = check_inject(y, at, st);
	if (!ret && st->kind == STEP_INJECT && s->any_kernel)
		ret = yaml__fail(y, at, "only a kernel of the series has fault points, and this is for any");
	if (!ret && st->time_ns >= s->limit_ns)
		ret = yaml__fail(y, at, "an impossible wait: longer than the scenario's limit");
	if (!ret && st->after_ns >= s->limit_ns)
		ret = yaml__fail(y, at, "an impossible wait: longer than the scenario's limit");
	for (size_t i = 0; i < st->nstates && !ret; i++)
		ret = check_waited(y, at, s, st, &st->state[i]);
	if (!ret && st->when.what != COND_NONE)
		ret = check_waited(y, at, s, st, &st->when);
	return ret;
}

static int check_expect(struct yaml *y, const struct yaml_node *root, const struct scenario *s)
{
	const struct yaml_node *at = yaml__get(root, "expect");
	const struct expect *e = &s->expect;
	bool breaks = false;

	for (size_t i = 0; i < s->nsteps; i++)
		breaks |= s->step[i].kind == STEP_DEAD || s->step[i].kind == STEP_INJECT;
	if (breaks && !e->given[COUNT_incidents])
		return yaml__fail(y, at ? at : root, "'expect' must say how many incidents come of it, like 'incidents: 1'");
	for (int l = 0; l < LAT_MAX; l++)
		if (e->limit_ns[l] && e->count[COUNT_incidents].max == 0)
			return yaml__fail(y, at, "a limit on '%s' without any incident", latency__name(l));
	return 0;
}

static int scenario__check(struct yaml *y, const struct yaml_node *root)
{
	const struct yaml_node *steps = yaml__get(root, "steps");
	const struct scenario *s = y->ctx;
	int ret = 0;

	if (!s->name)
		return yaml__fail(y, root, "a scenario needs the key 'name'");
	if (!s->proves)
		return yaml__fail(y, root, "a scenario needs the key 'proves': one line");
	if (!s->nsteps)
		return yaml__fail(y, root, "a scenario needs 'steps'");
	if (!yaml__get(root, "expect"))
		return yaml__fail(y, root, "a scenario needs the key 'expect'");
	for (size_t i = 0; i < s->nsteps && !ret; i++)
		ret = check_step(y, steps->item[i], s, &s->step[i]);
	return ret ? ret : check_expect(y, root, s);
}

#define LIMIT_NS	20000000000ull

static int name(struct yaml *y, const struct yaml_node *n, void *to)
{
	struct scenario *s = to;
	int ret = yaml__copy(y, n, &s->name);

	if (!ret && strspn(s->name, "abcdefghijklmnopqrstuvwxyz0123456789-") != strlen(s->name))
		ret = yaml__fail(y, n, "a name has small letters, digits and '-', as it becomes a file's");
	return ret;
}

static int proves(struct yaml *y, const struct yaml_node *n, void *to)
{
	return yaml__copy(y, n, &((struct scenario *)to)->proves);
}

static int kernel(struct yaml *y, const struct yaml_node *n, void *to)
{
	const char *text;
	int ret = yaml__text(y, n, &text);

	if (ret)
		return ret;
	((struct scenario *)to)->any_kernel = !strcmp(text, "any");
	if (strcmp(text, "any") && strcmp(text, "series"))
		ret = yaml__fail(y, n, "must be 'series' (with patches/linux) or 'any'");
	return ret;
}

static int cpus(struct yaml *y, const struct yaml_node *n, void *to)
{
	struct scenario *s = to;
	struct range range;
	int ret = values__range(y, n, &range);

	if (!ret && (range.min > 4096 || !range.max))
		ret = yaml__fail(y, n, "no machine has so many CPUs");
	s->cpus_min = range.min;
	s->cpus_max = range.max > 4096 ? 0 : range.max;
	return ret;
}

static int programs(struct yaml *y, const struct yaml_node *n, void *to)
{
	struct scenario *s = to;

	return values__copies(y, n, s->programs, &s->nprograms);
}

static int needs(struct yaml *y, const struct yaml_node *n, void *to)
{
	static const struct yaml_key keys[] = {
		{ "kernel", kernel }, { "cpus", cpus }, { "programs", programs }, { NULL, NULL }
	};

	return yaml__map(y, n, "'needs'", keys, to);
}

static int lab(struct yaml *y, const struct yaml_node *n, void *to)
{
	return yaml__copy(y, n, &((struct scenario *)to)->lab);
}

static int slow(struct yaml *y, const struct yaml_node *n, void *to)
{
	return yaml__bool(y, n, &((struct scenario *)to)->slow);
}

/* "testdev", "disk" or "1b4b:9123" */
static int device_kind(struct yaml *y, const struct yaml_node *n, void *to)
{
	struct device_request *w = to;
	const char *text;
	unsigned int vendor, device;
	char rest;
	int ret = yaml__text(y, n, &text);

	if (ret)
		return ret;
	if (!strcmp(text, "testdev"))
		w->kind = REQUEST_TESTDEV;
	else if (!strcmp(text, "disk"))
		w->kind = REQUEST_DISK;
	else if (strlen(text) == 9 && sscanf(text, "%4x:%4x%c", &vendor, &device, &rest) == 2) {
		w->kind = REQUEST_ID;
		w->vendor = vendor;
		w->device = device;
	} else {
		return yaml__fail(y, n, "'%.40s' is not a kind of device: testdev, disk, or ids like 1b4b:9123", text);
	}
	return 0;
}

static int device_count(struct yaml *y, const struct yaml_node *n, void *to)
{
	uint64_t count;
	int ret = yaml__number(y, n, 1, 72, &count);

	((struct device_request *)to)->count = count;
	return ret;
}

static int devices(struct yaml *y, const struct yaml_node *n, void *to)
{
	static const struct yaml_key keys[] = { { "kind", device_kind }, { "count", device_count }, { NULL, NULL } };
	struct scenario *s = to;
	int ret = 0;

	if (n->kind != YAML_MAP)
		return yaml__fail(y, n, "'devices' gives each a name, like 'a: testdev'");
	for (size_t i = 0; i < n->n && !ret; i += 2) {
		const struct yaml_node *key = n->item[i];
		struct device_request *w = &s->request[s->nrequests];

		if (s->nrequests == SCENARIO_DEVICES)
			return yaml__fail(y, key, "one too many, there can be %d names", SCENARIO_DEVICES);
		*w = (struct device_request) { .count = 1, .line = key->line, .column = key->column };
		if (!*key->text || strlen(key->text) >= sizeof(w->name) ||
		    strspn(key->text, "abcdefghijklmnopqrstuvwxyz0123456789_") != strlen(key->text))
			return yaml__fail(y, key, "a device's name has small letters, digits and '_', 23 at most");
		strcpy(w->name, key->text);
		s->nrequests++;
		ret = n->item[i + 1]->kind == YAML_MAP ? yaml__map(y, n->item[i + 1], "a device", keys, w) :
			device_kind(y, n->item[i + 1], w);
	}
	return ret;
}

static int steps(struct yaml *y, const struct yaml_node *n, void *to)
{
	struct scenario *s = to;
	int ret = 0;

	if (n->kind != YAML_LIST)
		return yaml__fail(y, n, "'steps' is a list, like '- dead: a'");
	for (size_t i = 0; i < n->n && !ret; i++) {
		if (s->nsteps == SCENARIO_STEPS)
			return yaml__fail(y, n->item[i], "one too many, there can be %d", SCENARIO_STEPS);
		ret = values__step(y, n->item[i], &s->step[s->nsteps++]);
	}
	return ret;
}

static int repeat(struct yaml *y, const struct yaml_node *n, void *to)
{
	return yaml__number(y, n, 1, 100000, &((struct scenario *)to)->repeat);
}

static int limit(struct yaml *y, const struct yaml_node *n, void *to)
{
	return yaml__duration(y, n, 100000000, 3600000000000ull, &((struct scenario *)to)->limit_ns);
}

static int measure(struct yaml *y, const struct yaml_node *n, void *to)
{
	struct scenario *s = to;
	const char *names[LAT_MAX + 1] = { NULL }, *text;
	int ret = 0;

	for (size_t i = 0; n->kind == YAML_LIST && i < n->n && !ret; i++)
		ret = n->item[i]->kind == YAML_SCALAR ? measure(y, n->item[i], to) :
			yaml__fail(y, n->item[i], "the name of a latency");
	if (n->kind == YAML_LIST)
		return ret;
	ret = yaml__text(y, n, &text);
	if (ret)
		return ret;
	for (int l = 0; l < LAT_MAX; l++) {
		names[l] = latency__name(l);
		if (!strcmp(names[l], text)) {
			s->measure[l] = true;
			return 0;
		}
	}
	return yaml__fail_word(y, n, text, names, "'%.40s' cannot be measured", text);
}

/* A key that must have been read before others can be understood */
static int ignore(struct yaml *y, const struct yaml_node *n, void *to)
{
	(void)y, (void)n, (void)to;
	return 0;
}

static const struct yaml_key keys[] = {
	{ "name", name }, { "proves", proves }, { "needs", needs }, { "lab", lab }, { "slow", slow },
	{ "devices", ignore }, { "workload", values__workload }, { "steps", steps },
	{ "expect", values__expect }, { "repeat", repeat }, { "limit", limit }, { "measure", measure },
	{ NULL, NULL }
};

/* The tree of a file that was read into @y; frees it */
static int from_tree(struct yaml *y, struct scenario **out)
{
	static const uint64_t defaults[] = {
#define X(id, word, def) def,
		EXPECT_COUNTS(X)
#undef X
	};
	struct scenario *s = calloc(1, sizeof(*s));
	int ret = s && (s->path = strdup(y->path)) ? 0 : -ENOMEM;

	y->ctx = s;
	if (!ret && !y->root)
		ret = yaml__fail(y, NULL, "there is nothing in it");
	if (!ret) {
		s->repeat = 1;
		s->limit_ns = LIMIT_NS;
		for (int c = 0; c < COUNT_MAX; c++)
			s->expect.count[c] = (struct range) { defaults[c] == SCENARIO_ANY ? 0 : defaults[c], defaults[c] };
		if (yaml__get(y->root, "devices"))
			ret = devices(y, yaml__get(y->root, "devices"), s);
	}
	if (!ret)
		ret = yaml__map(y, y->root, "a scenario", keys, s);
	if (!ret)
		ret = scenario__check(y, y->root);
	if (ret == -ENOMEM)
		error__describe(y->err, "%s: out of memory", y->path);
	yaml__free(y);
	if (ret)
		scenario__free(s);
	else
		*out = s;
	return ret;
}

static struct yaml reader(const char *path, struct error *err)
{
	return (struct yaml){ .path = path, .what = "scenario", .max_bytes = SCENARIO_MAX_BYTES,
			      .max_depth = 8, .max_nodes = 4000, .err = err };
}

int scenario__parse(struct scenario **out, const char *path, const char *text, size_t len,
		    struct error *err)
{
	struct yaml y = reader(path, err);
	int ret = yaml__parse(&y, text, len);

	*out = NULL;
	return ret ? ret : from_tree(&y, out);
}

int scenario__read(struct scenario **out, const char *path, struct error *err)
{
	struct yaml y = reader(path, err);
	int ret = yaml__read(&y);

	*out = NULL;
	return ret ? ret : from_tree(&y, out);
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
