// SPDX-License-Identifier: GPL-2.0-only
/* What a scenario expects, and what it keeps busy meanwhile. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/text.h"
#include "words.h"

#define MAX_LIMIT_NS	600000000000ull

const char *const expect_count_names[] = {
#define X(id, name, def) name,
	EXPECT_COUNTS(X)
#undef X
	NULL
};

static int ends(struct reader *r, const struct node *n, void *to)
{
	struct expect *e = to;
	int ret = 0;

	for (size_t i = 0; n->kind == NODE_LIST && i < n->n && !ret; i++)
		ret = ends(r, n->item[i], to);
	if (n->kind == NODE_LIST)
		return ret;
	if (e->nends == SCENARIO_DEVICES)
		return words__fail(r, n, "one too many");
	ret = words__state(r, n, &e->ends[e->nends]);
	if (!ret && e->ends[e->nends++].what > COND_ATS_BROKEN)
		ret = words__fail(r, n, "a device ends in a state that sysfs knows, like healthy or broken");
	return ret;
}

static int untouched(struct reader *r, const struct node *n, void *to)
{
	return words__names(r, n, &((struct expect *)to)->untouched);
}

static int log_has(struct reader *r, const struct node *n, void *to)
{
	struct expect *e = to;

	return words__copies(r, n, e->log, &e->nlog);
}

static int log_not(struct reader *r, const struct node *n, void *to)
{
	struct expect *e = to;

	return words__copies(r, n, e->no_log, &e->nno_log);
}

static int allow_text(struct reader *r, const struct node *n, void *to)
{
	return words__copy(r, n, &((struct allowed_log *)to)->text);
}

static int allow_because(struct reader *r, const struct node *n, void *to)
{
	return words__copy(r, n, &((struct allowed_log *)to)->because);
}

static int allow(struct reader *r, const struct node *n, void *to)
{
	static const struct key keys[] = { { "text", allow_text }, { "because", allow_because }, { NULL, NULL } };
	struct expect *e = to;
	struct allowed_log *a = &e->allow[e->nallow];
	int ret = 0;

	for (size_t i = 0; n->kind == NODE_LIST && i < n->n && !ret; i++)
		ret = n->item[i]->kind == NODE_MAP ? allow(r, n->item[i], to) :
			words__fail(r, n->item[i], "what is allowed has a 'text' and a 'because'");
	if (n->kind == NODE_LIST)
		return ret;
	if (e->nallow == SCENARIO_TEXTS)
		return words__fail(r, n, "one too many, there can be %d", SCENARIO_TEXTS);
	e->nallow++;
	ret = words__map(r, n, "what is allowed", keys, a);
	if (!ret && (!a->text || !a->because))
		ret = words__fail(r, n, "what is allowed has a 'text' and a 'because'");
	return ret;
}

static int unmap(struct reader *r, const struct node *n, void *to)
{
	return words__duration(r, n, 1000, MAX_LIMIT_NS, &((struct expect *)to)->longest_unmap_ns);
}

/* Counts and latencies, by their names; -ENOENT: neither */
static int by_name(struct reader *r, const struct node *key, const struct node *n, struct expect *e)
{
	for (int c = 0; c < COUNT_MAX; c++) {
		if (strcmp(key->text, expect_count_names[c]))
			continue;
		e->given[c] = true;
		return words__range(r, n, &e->count[c]);
	}
	for (int l = 0; l < LAT_MAX; l++)
		if (!strcmp(key->text, latency__name(l)))
			return words__duration(r, n, 1000, MAX_LIMIT_NS, &e->limit_ns[l]);
	return -ENOENT;
}

int words__expect(struct reader *r, const struct node *n, void *to)
{
	static const struct key others[] = {
		{ "ends", ends }, { "untouched", untouched }, { "log", log_has }, { "no-log", log_not },
		{ "allow-log", allow }, { "unmap", unmap }, { NULL, NULL }
	};
	const char *names[COUNT_MAX + LAT_MAX + 8] = { NULL };
	struct expect *e = &((struct scenario *)to)->expect;
	size_t nnames = 0;
	int ret = 0;

	if (n->kind != NODE_MAP)
		return words__fail(r, n, "'expect' has keys with values, like 'incidents: 1'");
	for (; nnames < COUNT_MAX; nnames++)
		names[nnames] = expect_count_names[nnames];
	for (int l = 0; l < LAT_MAX; l++)
		names[nnames++] = latency__name(l);
	for (size_t k = 0; others[k].name; k++)
		names[nnames++] = others[k].name;
	for (size_t i = 0; i < n->n && !ret; i += 2) {
		ret = by_name(r, n->item[i], n->item[i + 1], e);
		if (ret != -ENOENT)
			continue;
		ret = words__unknown(r, n->item[i], "'expect'", names);
		for (size_t k = 0; others[k].name; k++)
			if (!strcmp(others[k].name, n->item[i]->text))
				ret = others[k].read(r, n->item[i + 1], e);
	}
	return ret;
}

static int work_unmaps(struct reader *r, const struct node *n, void *to)
{
	struct workload *w = to;

	if (w->names || w->command)
		return words__fail(r, n, "one workload is either 'unmaps' or 'run'");
	w->kind = WORK_UNMAPS;
	return words__names(r, n, &w->names);
}

static int work_run(struct reader *r, const struct node *n, void *to)
{
	struct workload *w = to;

	if (w->names || w->command)
		return words__fail(r, n, "one workload is either 'unmaps' or 'run'");
	w->kind = WORK_RUN;
	return words__copy(r, n, &w->command);
}

static int work_every(struct reader *r, const struct node *n, void *to)
{
	return words__duration(r, n, 1000, 10000000000ull, &((struct workload *)to)->every_ns);
}

static int work_threads(struct reader *r, const struct node *n, void *to)
{
	return words__number(r, n, 1, 64, &((struct workload *)to)->threads);
}

static int work_size(struct reader *r, const struct node *n, void *to)
{
	struct workload *w = to;
	const char *text;
	int ret = words__text(r, n, &text);

	if (!ret && (size__parse(text, &w->size) || !w->size || w->size > 1 << 26 || w->size % 4096))
		ret = words__fail(r, n, "'%.40s' is not a size of whole pages up to 64M, like 64K", text);
	return ret;
}

static int work_dma(struct reader *r, const struct node *n, void *to)
{
	return words__bool(r, n, &((struct workload *)to)->dma);
}

int words__workload(struct reader *r, const struct node *n, void *to)
{
	static const struct key keys[] = {
		{ "unmaps", work_unmaps }, { "run", work_run },
		{ "every", work_every }, { "threads", work_threads }, { "size", work_size },
		{ "dma", work_dma }, { NULL, NULL }
	};
	struct scenario *s = to;
	int ret = 0;

	if (n->kind != NODE_LIST)
		return words__fail(r, n, "'workload' is a list, like '- unmaps: a'");
	for (size_t i = 0; i < n->n && !ret; i++) {
		struct workload *w = &s->workload[s->nworkloads];

		if (s->nworkloads == SCENARIO_WORKLOADS)
			return words__fail(r, n->item[i], "one too many, there can be %d", SCENARIO_WORKLOADS);
		*w = (struct workload) { .every_ns = 5000000, .size = 4096, .threads = 1, .line = n->item[i]->line };
		s->nworkloads++;
		ret = words__map(r, n->item[i], "a workload", keys, w);
		if (!ret && !w->names && !w->command)
			ret = words__fail(r, n->item[i], "a workload is either 'unmaps' or 'run'");
	}
	return ret;
}
