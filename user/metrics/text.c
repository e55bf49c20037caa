// SPDX-License-Identifier: GPL-2.0-only
/* The text formats: Prometheus' 0.0.4 and OpenMetrics 1.0, which differ in details. */
#include <stdio.h>
#include <string.h>

#include "emit.h"
#include "lib/text.h"

/* In both formats label values escape these three; HELP of 0.0.4 lets quotes be */
static bool special(char c, bool quotes)
{
	return c == '\\' || c == '\n' || (c == '"' && quotes);
}

static void add_escaped(struct buf *b, const char *text, bool quotes)
{
	const char *from = text, *p;

	for (p = text; *p; p++) {
		if (!special(*p, quotes))
			continue;
		buf__add(b, from, p - from);
		buf__add(b, "\\", 1);
		buf__add(b, *p == '\n' ? "n" : p, 1);
		from = p + 1;
	}
	buf__add(b, from, p - from);
}

static void add_text(struct buf *b, const char *text)
{
	buf__add(b, text, strlen(text));
}

static void header(struct emit *e)
{
	const struct family *f = e->f;
	size_t stem = e->openmetrics ? family__stem(f) : strlen(f->name);
	const char *unit = family__unit(f);

	buf__printf(e->out, "# HELP %.*s ", (int)stem, f->name);
	add_escaped(e->out, f->help, e->openmetrics);
	buf__printf(e->out, "\n# TYPE %.*s %s\n", (int)stem, f->name, family_type__name(f->type));
	if (e->openmetrics && *unit)
		buf__printf(e->out, "# UNIT %.*s %s\n", (int)stem, f->name, unit);
}

static void first_series(struct emit *e)
{
	const struct family *f = e->f;

	e->open = true;
	header(e);
	for (e->nlabels = 0; e->nlabels < FAMILY_LABELS && f->labels[e->nlabels]; e->nlabels++)
		e->label_len[e->nlabels] =
			snprintf(e->label[e->nlabels], EMIT_LABEL_TEXT, "%s%s=\"",
				 e->nlabels ? "\"," : "{", f->labels[e->nlabels]);
}

/* name suffix{labels, without the closing brace */
static void add_series(struct emit *e, const char *suffix, const char *const *labels)
{
	struct buf *b = e->out;

	add_text(b, e->f->name);
	if (*suffix)
		add_text(b, suffix);
	for (size_t i = 0; i < e->nlabels; i++) {
		buf__add(b, e->label[i], e->label_len[i]);
		add_escaped(b, labels[i], true);
	}
}

static void add_number(struct buf *b, const struct number *n)
{
	char *at = buf__reserve(b, NUMBER_ROOM), *end;

	if (!at)
		return;
	end = n->kind == NUMBER_UINT ? number__uint(at, n->u) :
	      n->kind == NUMBER_NS ? number__ns(at, n->u) : number__double(at, n->d);
	b->len += end - at;
}

static void text_number(struct emit *e, const struct number *n, const char *const *labels)
{
	if (!e->open)
		first_series(e);
	add_series(e, "", labels);
	if (e->nlabels)
		buf__add(e->out, "\"} ", 3);
	else
		buf__add(e->out, " ", 1);
	add_number(e->out, n);
	buf__add(e->out, "\n", 1);
}

static void add_exemplar(struct emit *e, const struct exemplar *ex)
{
	if (!e->openmetrics || !ex || !*ex->incident_id)
		return;
	add_text(e->out, " # {incident_id=\"");
	add_escaped(e->out, ex->incident_id, true);
	add_text(e->out, "\"} ");
	add_number(e->out, &(struct number){ .kind = NUMBER_NS, .u = ex->ns });
	add_text(e->out, " ");
	add_number(e->out, &(struct number){ .kind = NUMBER_NS, .u = ex->at_ns });
}

static void bucket(struct emit *e, const char *le, uint64_t count, const struct exemplar *ex,
		   const char *const *labels)
{
	add_series(e, "_bucket", labels);
	add_text(e->out, e->nlabels ? "\",le=\"" : "{le=\"");
	add_text(e->out, le);
	add_text(e->out, "\"} ");
	add_number(e->out, &(struct number){ .kind = NUMBER_UINT, .u = count });
	add_exemplar(e, ex);
	buf__add(e->out, "\n", 1);
}

static void summed(struct emit *e, const char *suffix, const struct number *n, const char *const *labels)
{
	add_series(e, suffix, labels);
	add_text(e->out, e->nlabels ? "\"} " : " ");
	add_number(e->out, n);
	buf__add(e->out, "\n", 1);
}

static void text_histogram(struct emit *e, const struct durations *d, const struct exemplar *ex,
			   const char *const *labels)
{
	const struct bounds *b = e->f->bounds;
	uint64_t below = d->zero;
	int next = BOUNDS_FIRST;

	if (!e->open)
		first_series(e);
	for (int i = b->first; i <= b->last; i += b->stride) {
		while (next <= i)
			below += d->bucket[next++ - BOUNDS_FIRST];
		bucket(e, bounds__text(i), below, ex ? ex++ : NULL, labels);
	}
	bucket(e, "+Inf", d->count, ex, labels);
	summed(e, "_sum", &(struct number){ .kind = NUMBER_NS, .u = d->sum_ns }, labels);
	summed(e, "_count", &(struct number){ .kind = NUMBER_UINT, .u = d->count }, labels);
}

static void text_end(struct emit *e)
{
	if (e->openmetrics)
		add_text(e->out, "# EOF\n");
}

const struct emit_ops emit_text = {
	.number = text_number, .histogram = text_histogram, .end = text_end,
};
