// SPDX-License-Identifier: GPL-2.0-only
/* The text formats: Prometheus' 0.0.4 and OpenMetrics 1.0, which differ in details. */
#include <ctype.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lib/text.h"
#include "metrics.h"
#include "metrics_internal.h"

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

/* Returns the end, as the others do */
static char *number__uint(char *at, uint64_t v)
{
	char digits[20], *p = digits + sizeof(digits);

	do {
		*--p = '0' + v % 10;
		v /= 10;
	} while (v);
	memcpy(at, p, digits + sizeof(digits) - p);
	return at + (digits + sizeof(digits) - p);
}

static void add_number(struct buf *b, const struct number *n)
{
	char *at = buf__reserve(b, NUMBER_SIZE), *end;

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
	const struct boundaries *b = e->f->boundaries;
	uint64_t below = d->zero;
	int next = BUCKET_FIRST;

	if (!e->open)
		first_series(e);
	for (int i = b->first; i <= b->last; i += b->stride) {
		while (next <= i)
			below += d->bucket[next++ - BUCKET_FIRST];
		bucket(e, bucket__text(i), below, ex ? ex++ : NULL, labels);
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

/* Numbers as text: most of a scrape's time would else go to printf(). */

#define NS_PER_S 1000000000ull

char *number__ns(char *at, uint64_t ns)
{
	uint32_t rest = ns % NS_PER_S;
	int n = 9;

	at = number__uint(at, ns / NS_PER_S);
	if (!rest)
		return at;
	*at++ = '.';
	while (rest % 10 == 0) {
		rest /= 10;
		n--;
	}
	for (int i = n - 1; i >= 0; i--) {
		at[i] = '0' + rest % 10;
		rest /= 10;
	}
	return at + n;
}

char *number__double(char *at, double v)
{
	int n = 0;

	if (isnan(v))
		return stpcpy(at, "NaN");
	if (isinf(v))
		return stpcpy(at, v > 0 ? "+Inf" : "-Inf");
	if (v >= 0 && v < 1e15 && v == floor(v))
		return number__uint(at, v);
	for (int digits = 15; digits <= 17; digits++) {
		n = snprintf(at, NUMBER_SIZE, "%.*g", digits, v);
		if (strtod(at, NULL) == v)
			break;
	}
	return at + n;
}

/* Which format a client gets, by its Accept header (RFC 9110, 12.5.1). */

static const char *const content_types[METRICS_FORMATS] = {
	[METRICS_TEXT] = "text/plain; version=0.0.4; charset=utf-8",
	[METRICS_OPENMETRICS] = "application/openmetrics-text; version=1.0.0; charset=utf-8",
	[METRICS_PROTOBUF] =
		"application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited",
	[METRICS_TEXTFILE] = "text/plain; version=0.0.4; charset=utf-8",
};

const char *metrics__content_type(enum metrics_format f)
{
	return content_types[f];
}

/* The parameters of each format; a missing parameter matches */
static const struct offer {
	const char *type;
	enum metrics_format format;
	const char *must[3], *value[3];
	bool required;		/* they must be given */
} offers[] = {
	{ "application/vnd.google.protobuf", METRICS_PROTOBUF, { "proto", "encoding" },
	  { "io.prometheus.client.MetricFamily", "delimited" }, true },
	{ "application/openmetrics-text", METRICS_OPENMETRICS, { "version" }, { "1.0.0" }, false },
	{ "text/plain", METRICS_TEXT, { "version" }, { "0.0.4" }, false },
	{ "text/*", METRICS_TEXT, { NULL }, { NULL }, false },
	{ "*/*", METRICS_TEXT, { NULL }, { NULL }, false },
};

struct token { const char *at; size_t len; };

static struct token trimmed(const char *from, const char *to)
{
	while (from < to && isspace((unsigned char)*from))
		from++;
	while (to > from && isspace((unsigned char)to[-1]))
		to--;
	return (struct token){ from, to - from };
}

static bool same(struct token s, const char *text)
{
	return s.len == strlen(text) && !strncasecmp(s.at, text, s.len);
}

/* The next of a list, up to @stop outside of quotes; *from goes behind it. False: no more */
static bool next_element(const char **from, const char *end, char stop, struct token *part)
{
	const char *start = *from, *p;
	bool quoted = false;

	if (start > end)
		return false;
	for (p = start; p < end && (quoted || *p != stop); p++) {
		if (quoted && *p == '\\' && p + 1 < end)
			p++;
		else if (*p == '"')
			quoted = !quoted;
	}
	*part = trimmed(start, p);
	*from = p + 1;
	return true;
}

/* "0.75" in thousandths; -1: invalid */
static int quality(struct token s)
{
	int q = 0, unit = 1000;

	if (!s.len || s.len > 5 || (s.at[0] != '0' && s.at[0] != '1') || (s.len > 1 && s.at[1] != '.'))
		return -1;
	for (size_t i = 0; i < s.len; i++) {
		if (i == 1)
			continue;
		if (!isdigit((unsigned char)s.at[i]))
			return -1;
		q += (s.at[i] - '0') * unit;
		unit /= 10;
	}
	return q > 1000 ? -1 : q;
}

struct param { struct token name, value; };

static bool next_param(const char **from, const char *end, struct param *p)
{
	struct token part;
	const char *eq;

	if (!next_element(from, end, ';', &part))
		return false;
	eq = memchr(part.at, '=', part.len);
	p->name = trimmed(part.at, eq ? eq : part.at + part.len);
	p->value = eq ? trimmed(eq + 1, part.at + part.len) : (struct token){ part.at + part.len, 0 };
	if (p->value.len >= 2 && p->value.at[0] == '"' && p->value.at[p->value.len - 1] == '"')
		p->value = (struct token){ p->value.at + 1, p->value.len - 2 };
	return true;
}

/* Does the requested type, with its parameters, match the offer? */
static bool fits(const struct offer *o, const char *params, const char *end)
{
	for (size_t i = 0; i < 3 && o->must[i]; i++) {
		const char *from = params;
		bool given = false;
		struct param p;

		while (next_param(&from, end, &p)) {
			if (!same(p.name, o->must[i]))
				continue;
			given = true;
			if (!same(p.value, o->value[i]))
				return false;
		}
		if (o->required && !given)
			return false;
	}
	return true;
}

/* The client's preference for an offer, in thousandths; 0: none, or the element is invalid */
static int wish(struct token element, const struct offer **found)
{
	const char *from = element.at, *end = element.at + element.len, *params;
	struct token type;
	struct param p;
	int q = 1000;

	if (!next_element(&from, end, ';', &type))
		return 0;
	params = from;
	while (next_param(&from, end, &p))
		if (same(p.name, "q"))
			q = quality(p.value);
	for (size_t i = 0; i < sizeof(offers) / sizeof(offers[0]); i++) {
		if (!same(type, offers[i].type) || !fits(&offers[i], params, end))
			continue;
		*found = &offers[i];
		return q < 0 ? 0 : q;
	}
	return 0;
}

enum metrics_format metrics__negotiate(const char *accept)
{
	enum metrics_format best = METRICS_TEXT;
	const char *from = accept, *end = accept ? accept + strlen(accept) : NULL;
	const struct offer *o;
	struct token element;
	int most = 0;

	while (accept && next_element(&from, end, ',', &element)) {
		int q = wish(element, &o);

		/* Among equals the first, as Prometheus' own clients do */
		if (q <= most)
			continue;
		most = q;
		best = o->format;
	}
	return best;
}
