// SPDX-License-Identifier: GPL-2.0-only
/* Which format a client gets, by its Accept header (RFC 9110, 12.5.1). */
#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "metrics.h"

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

/* What each can be asked for with; a parameter that is not given will do */
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

struct span { const char *at; size_t len; };

static struct span trimmed(const char *from, const char *to)
{
	while (from < to && isspace((unsigned char)*from))
		from++;
	while (to > from && isspace((unsigned char)to[-1]))
		to--;
	return (struct span){ from, to - from };
}

static bool same(struct span s, const char *text)
{
	return s.len == strlen(text) && !strncasecmp(s.at, text, s.len);
}

/* The next of a list, up to @stop outside of quotes; *from goes behind it. False: no more */
static bool next_part(const char **from, const char *end, char stop, struct span *part)
{
	const char *begin = *from, *p;
	bool quoted = false;

	if (begin > end)
		return false;
	for (p = begin; p < end && (quoted || *p != stop); p++) {
		if (quoted && *p == '\\' && p + 1 < end)
			p++;
		else if (*p == '"')
			quoted = !quoted;
	}
	*part = trimmed(begin, p);
	*from = p + 1;
	return true;
}

/* "0.75" in thousandths; -1: nonsense */
static int quality(struct span s)
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

struct param { struct span name, value; };

static bool next_param(const char **from, const char *end, struct param *p)
{
	struct span part;
	const char *eq;

	if (!next_part(from, end, ';', &part))
		return false;
	eq = memchr(part.at, '=', part.len);
	p->name = trimmed(part.at, eq ? eq : part.at + part.len);
	p->value = eq ? trimmed(eq + 1, part.at + part.len) : (struct span){ part.at + part.len, 0 };
	if (p->value.len >= 2 && p->value.at[0] == '"' && p->value.at[p->value.len - 1] == '"')
		p->value = (struct span){ p->value.at + 1, p->value.len - 2 };
	return true;
}

/* Does what was asked for, with these parameters, fit the offer? */
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

/* How much the client likes an offer, in thousandths; 0: not at all, or it is nonsense */
static int wish(struct span element, const struct offer **found)
{
	const char *from = element.at, *end = element.at + element.len, *params;
	struct span type;
	struct param p;
	int q = 1000;

	if (!next_part(&from, end, ';', &type))
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
	struct span element;
	int most = 0;

	while (accept && next_part(&from, end, ',', &element)) {
		int q = wish(element, &o);

		/* Among equals the first, as Prometheus' own clients do */
		if (q <= most)
			continue;
		most = q;
		best = o->format;
	}
	return best;
}
