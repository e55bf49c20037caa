// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/text.h"
#include "scenario_internal.h"

static const char *const condition_names[] = {
	[COND_HEALTHY] = "healthy", [COND_RESETTING] = "resetting",
	[COND_RESET_FAILED] = "reset-failed", [COND_BROKEN] = "broken", [COND_REMOVED] = "gone",
	[COND_ATS_ON] = "ats-on", [COND_ATS_OFF] = "ats-off", [COND_ATS_BROKEN] = "ats-broken",
	[COND_DMA_WORKS] = "works", [COND_DMA_REFUSED] = "refused",
	[COND_RAISED] = "raised", [COND_DETECTED] = "detected", [COND_BLOCKED] = "blocked",
	[COND_FENCED] = "fenced", [COND_RECOVERED] = "recovered", [COND_NONE] = NULL,
};

const char *condition__name(enum condition c)
{
	return condition_names[c];
}

int values__copies(struct yaml *y, const struct yaml_node *n, char **out, size_t *count)
{
	int ret = 0;

	if (n->kind != YAML_LIST) {
		if (*count == SCENARIO_TEXTS)
			return yaml__fail(y, n, "one too many, there can be %d", SCENARIO_TEXTS);
		ret = yaml__copy(y, n, &out[*count]);
		*count += !ret;
		return ret;
	}
	for (size_t i = 0; i < n->n && !ret; i++)
		ret = n->item[i]->kind == YAML_LIST ? yaml__fail(y, n->item[i], "a list in a list") :
			values__copies(y, n->item[i], out, count);
	return ret;
}

int values__range(struct yaml *y, const struct yaml_node *n, struct range *out)
{
	const char *text = NULL, *dots;
	char first[24];
	int ret = yaml__text(y, n, &text);

	if (ret)
		return ret;
	*out = (struct range) { 0, SCENARIO_ANY };
	if (!strcmp(text, "any"))
		return 0;
	dots = strstr(text, "..");
	snprintf(first, sizeof(first), "%.*s", dots ? (int)(dots - text) : 23, text);
	if (number__parse(first, &out->min) || (dots && dots[2] && number__parse(dots + 2, &out->max)))
		return yaml__fail(y, n, "'%.40s' is not a count: 3, 1..5, 2.. or any", text);
	if (!dots)
		out->max = out->min;
	if (out->max < out->min)
		return yaml__fail(y, n, "%.40s: no number is in there", text);
	return 0;
}

int values__name(struct yaml *y, const struct yaml_node *at, const char *word, size_t len, names_t *out)
{
	const char *names[SCENARIO_DEVICES + 1] = { NULL };
	const struct scenario *s = y->ctx;
	char copy[40];

	for (size_t i = 0; i < s->nrequests; i++) {
		names[i] = s->request[i].name;
		if (strlen(names[i]) == len && !strncmp(names[i], word, len)) {
			*out |= 1u << i;
			return 0;
		}
	}
	snprintf(copy, sizeof(copy), "%.*s", (int)(len < 39 ? len : 39), word);
	return yaml__fail_word(y, at, copy, names, "'%s' is not one of the scenario's devices", copy);
}

int values__names(struct yaml *y, const struct yaml_node *n, names_t *out)
{
	const char *text;
	int ret = 0;

	for (size_t i = 0; n->kind == YAML_LIST && i < n->n && !ret; i++)
		ret = n->item[i]->kind == YAML_SCALAR ? values__names(y, n->item[i], out) :
			yaml__fail(y, n->item[i], "the name of a device, or a list of names");
	if (n->kind == YAML_LIST)
		return ret || *out ? ret : yaml__fail(y, n, "an empty list of devices");
	ret = yaml__text(y, n, &text);
	return ret ? ret : values__name(y, n, text, strlen(text), out);
}

int values__state(struct yaml *y, const struct yaml_node *n, struct state_of *out)
{
	const char *text = NULL, *word;
	int ret = yaml__text(y, n, &text);
	size_t len;

	if (ret)
		return ret;
	len = strcspn(text, " ");
	word = text + len + strspn(text + len, " ");
	ret = values__name(y, n, text, len, &out->names);
	if (ret)
		return ret;
	for (int c = 0; c < COND_NONE; c++) {
		if (strcmp(condition_names[c], word))
			continue;
		out->what = c;
		return 0;
	}
	return yaml__fail_word(y, n, word, condition_names, "'%.60s' is not a device and its state, like 'a broken'",
			       text);
}

/* What a scenario expects, and its workloads. */

#define MAX_LIMIT_NS	600000000000ull

const char *const expect_count_names[] = {
#define X(id, name, def) name,
	EXPECT_COUNTS(X)
#undef X
	NULL
};

static int ends(struct yaml *y, const struct yaml_node *n, void *to)
{
	struct expect *e = to;
	int ret = 0;

	for (size_t i = 0; n->kind == YAML_LIST && i < n->n && !ret; i++)
		ret = ends(y, n->item[i], to);
	if (n->kind == YAML_LIST)
		return ret;
	if (e->nends == SCENARIO_DEVICES)
		return yaml__fail(y, n, "one too many");
	ret = values__state(y, n, &e->ends[e->nends]);
	if (!ret && e->ends[e->nends++].what > COND_ATS_BROKEN)
		ret = yaml__fail(y, n, "a device ends in a state that sysfs knows, like healthy or broken");
	return ret;
}

static int untouched(struct yaml *y, const struct yaml_node *n, void *to)
{
	return values__names(y, n, &((struct expect *)to)->untouched);
}

static int log_has(struct yaml *y, const struct yaml_node *n, void *to)
{
	struct expect *e = to;

	return values__copies(y, n, e->log, &e->nlog);
}

static int log_not(struct yaml *y, const struct yaml_node *n, void *to)
{
	struct expect *e = to;

	return values__copies(y, n, e->no_log, &e->nno_log);
}

static int allow_text(struct yaml *y, const struct yaml_node *n, void *to)
{
	return yaml__copy(y, n, &((struct allowed_log *)to)->text);
}

static int allow_because(struct yaml *y, const struct yaml_node *n, void *to)
{
	return yaml__copy(y, n, &((struct allowed_log *)to)->because);
}

static int allow(struct yaml *y, const struct yaml_node *n, void *to)
{
	static const struct yaml_key keys[] = { { "text", allow_text }, { "because", allow_because }, { NULL, NULL } };
	struct expect *e = to;
	struct allowed_log *a = &e->allow[e->nallow];
	int ret = 0;

	for (size_t i = 0; n->kind == YAML_LIST && i < n->n && !ret; i++)
		ret = n->item[i]->kind == YAML_MAP ? allow(y, n->item[i], to) :
			yaml__fail(y, n->item[i], "what is allowed has a 'text' and a 'because'");
	if (n->kind == YAML_LIST)
		return ret;
	if (e->nallow == SCENARIO_TEXTS)
		return yaml__fail(y, n, "one too many, there can be %d", SCENARIO_TEXTS);
	e->nallow++;
	ret = yaml__map(y, n, "what is allowed", keys, a);
	if (!ret && (!a->text || !a->because))
		ret = yaml__fail(y, n, "what is allowed has a 'text' and a 'because'");
	return ret;
}

static int unmap(struct yaml *y, const struct yaml_node *n, void *to)
{
	return yaml__duration(y, n, 1000, MAX_LIMIT_NS, &((struct expect *)to)->longest_unmap_ns);
}

/* Counts and latencies, by their names; -ENOENT: neither */
static int by_name(struct yaml *y, const struct yaml_node *key, const struct yaml_node *n, struct expect *e)
{
	for (int c = 0; c < COUNT_MAX; c++) {
		if (strcmp(key->text, expect_count_names[c]))
			continue;
		e->given[c] = true;
		return values__range(y, n, &e->count[c]);
	}
	for (int l = 0; l < LAT_MAX; l++)
		if (!strcmp(key->text, latency__name(l)))
			return yaml__duration(y, n, 1000, MAX_LIMIT_NS, &e->limit_ns[l]);
	return -ENOENT;
}

int values__expect(struct yaml *y, const struct yaml_node *n, void *to)
{
	static const struct yaml_key others[] = {
		{ "ends", ends }, { "untouched", untouched }, { "log", log_has }, { "no-log", log_not },
		{ "allow-log", allow }, { "unmap", unmap }, { NULL, NULL }
	};
	const char *names[COUNT_MAX + LAT_MAX + 8] = { NULL };
	struct expect *e = &((struct scenario *)to)->expect;
	size_t nnames = 0;
	int ret = 0;

	if (n->kind != YAML_MAP)
		return yaml__fail(y, n, "'expect' has keys with values, like 'incidents: 1'");
	for (; nnames < COUNT_MAX; nnames++)
		names[nnames] = expect_count_names[nnames];
	for (int l = 0; l < LAT_MAX; l++)
		names[nnames++] = latency__name(l);
	for (size_t k = 0; others[k].name; k++)
		names[nnames++] = others[k].name;
	for (size_t i = 0; i < n->n && !ret; i += 2) {
		ret = by_name(y, n->item[i], n->item[i + 1], e);
		if (ret != -ENOENT)
			continue;
		ret = yaml__unknown_key(y, n->item[i], "'expect'", names);
		for (size_t k = 0; others[k].name; k++)
			if (!strcmp(others[k].name, n->item[i]->text))
				ret = others[k].read(y, n->item[i + 1], e);
	}
	return ret;
}

static int work_unmaps(struct yaml *y, const struct yaml_node *n, void *to)
{
	struct workload *w = to;

	if (w->names || w->command)
		return yaml__fail(y, n, "one workload is either 'unmaps' or 'run'");
	w->kind = WORK_UNMAPS;
	return values__names(y, n, &w->names);
}

static int work_run(struct yaml *y, const struct yaml_node *n, void *to)
{
	struct workload *w = to;

	if (w->names || w->command)
		return yaml__fail(y, n, "one workload is either 'unmaps' or 'run'");
	w->kind = WORK_RUN;
	return yaml__copy(y, n, &w->command);
}

static int work_every(struct yaml *y, const struct yaml_node *n, void *to)
{
	return yaml__duration(y, n, 1000, 10000000000ull, &((struct workload *)to)->every_ns);
}

static int work_threads(struct yaml *y, const struct yaml_node *n, void *to)
{
	return yaml__number(y, n, 1, 64, &((struct workload *)to)->threads);
}

static int work_size(struct yaml *y, const struct yaml_node *n, void *to)
{
	struct workload *w = to;
	const char *text;
	int ret = yaml__text(y, n, &text);

	if (!ret && (size__parse(text, &w->size) || !w->size || w->size > 1 << 26 || w->size % 4096))
		ret = yaml__fail(y, n, "'%.40s' is not a size of whole pages up to 64M, like 64K", text);
	return ret;
}

static int work_dma(struct yaml *y, const struct yaml_node *n, void *to)
{
	return yaml__bool(y, n, &((struct workload *)to)->dma);
}

int values__workload(struct yaml *y, const struct yaml_node *n, void *to)
{
	static const struct yaml_key keys[] = {
		{ "unmaps", work_unmaps }, { "run", work_run },
		{ "every", work_every }, { "threads", work_threads }, { "size", work_size },
		{ "dma", work_dma }, { NULL, NULL }
	};
	struct scenario *s = to;
	int ret = 0;

	if (n->kind != YAML_LIST)
		return yaml__fail(y, n, "'workload' is a list, like '- unmaps: a'");
	for (size_t i = 0; i < n->n && !ret; i++) {
		struct workload *w = &s->workload[s->nworkloads];

		if (s->nworkloads == SCENARIO_WORKLOADS)
			return yaml__fail(y, n->item[i], "one too many, there can be %d", SCENARIO_WORKLOADS);
		*w = (struct workload) { .every_ns = 5000000, .size = 4096, .threads = 1, .line = n->item[i]->line };
		s->nworkloads++;
		ret = yaml__map(y, n->item[i], "a workload", keys, w);
		if (!ret && !w->names && !w->command)
			ret = yaml__fail(y, n->item[i], "a workload is either 'unmaps' or 'run'");
	}
	return ret;
}
