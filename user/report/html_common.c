// SPDX-License-Identifier: GPL-2.0-only
/* What the parts of the HTML report share: axes, distributions, and numbers as text. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "html.h"
#include "lib/file.h"

struct log_axis log_axis__around(uint64_t min_ns, uint64_t max_ns)
{
	struct log_axis a = {
		.lo = min_ns > 1 ? (int)floor(log10((double)min_ns)) : 0,
		.hi = max_ns > 1 ? (int)ceil(log10((double)max_ns)) : 0,
	};

	if (a.hi <= a.lo)
		a.hi = a.lo + 1;
	return a;
}

double log_axis__at(const struct log_axis *a, uint64_t ns)
{
	double at = ns ? (log10((double)ns) - a->lo) / (a->hi - a->lo) : 0;

	return at < 0 ? 0 : at > 1 ? 1 : at;
}

uint64_t time_axis__step(uint64_t span_ns, unsigned int most)
{
	static const uint64_t long_steps[] = { 60, 120, 300, 600, 900, 1800, 3600, 7200, 21600, 43200, 86400 };
	const uint64_t second = 1000000000;

	if (span_ns / most < 60 * second) {
		for (uint64_t ten = 1; ten <= 10 * second; ten *= 10)
			for (unsigned int i = 0; i < 3; i++) {
				uint64_t step = ten * (i == 0 ? 1 : i == 1 ? 2 : 5);

				if (span_ns / step <= most && step <= 50 * second)
					return step;
			}
	}
	for (unsigned int i = 0; i < sizeof(long_steps) / sizeof(long_steps[0]); i++)
		if (span_ns / (long_steps[i] * second) <= most)
			return long_steps[i] * second;
	return (span_ns / most / (86400 * second) + 1) * 86400 * second;
}

void format_tick(uint64_t ns, char *out, size_t len)
{
	static const struct {
		const char *suffix;
		uint64_t ns;
	} units[] = {
		{ "d", 86400000000000 }, { "h", 3600000000000 }, { "min", 60000000000 },
		{ "s", 1000000000 }, { "ms", 1000000 }, { "µs", 1000 }, { "ns", 1 },
	};
	size_t i = 0;

	if (!ns) {
		snprintf(out, len, "0");
		return;
	}
	while (ns % units[i].ns)
		i++;
	snprintf(out, len, "%llu %s", (unsigned long long)(ns / units[i].ns), units[i].suffix);
}

size_t cdf__points(struct samples *s, struct cdf_point *out, size_t most)
{
	size_t n = 0, npoints = s->n < most ? s->n : most;

	samples__quantile(s, 0);	/* sorts */
	for (size_t i = 0; i < npoints; i++) {
		/* Ranks 1 .. n, evenly, both ends included */
		uint64_t rank = npoints > 1 ? 1 + (uint64_t)i * (s->n - 1) / (npoints - 1) : 1;
		uint64_t value = s->v[rank - 1];

		/* Of equal values the last has the rank */
		while (rank < s->n && s->v[rank] == value)
			rank++;
		if (n && out[n - 1].value == value)
			continue;
		out[n].value = value;
		out[n++].rank = rank;
	}
	return n;
}

void html__count(FILE *out, uint64_t n)
{
	char digits[24];
	int len = snprintf(digits, sizeof(digits), "%llu", (unsigned long long)n);

	for (int i = 0; i < len; i++) {
		fputc(digits[i], out);
		if ((len - i) % 3 == 1 && i + 1 < len)
			fputc(',', out);
	}
}

void html__plural(FILE *out, uint64_t n, const char *one, const char *many)
{
	html__count(out, n);
	fprintf(out, " %s", n == 1 ? one : many);
}

void html__duration(FILE *out, uint64_t ns, enum duration_style style)
{
	char text[32], *unit;

	duration__format(ns, style, text, sizeof(text));
	unit = strchr(text, ' ');
	if (style == DURATION_LONG || !unit) {
		fputs(text, out);
		return;
	}
	*unit++ = '\0';
	fprintf(out, "<span class=\"ns\">%s<i>%s</i></span>", text, strcmp(unit, "us") ? unit : "µs");
}

double page__at(const struct page *p, uint64_t ns)
{
	if (ns <= p->from_ns)
		return 0;
	if (ns >= p->to_ns)
		return 100;
	return 100.0 * (double)(ns - p->from_ns) / (double)(p->to_ns - p->from_ns);
}

#define TICKS 8

void html__time_grid(const struct page *p)
{
	uint64_t step = time_axis__step(p->to_ns - p->from_ns, TICKS);

	fputs("<g class=\"grid\">", p->out);
	for (uint64_t t = step; t < p->to_ns - p->from_ns; t += step) {
		double at = page__at(p, p->from_ns + t);

		fprintf(p->out, "<line x1=\"%.3f%%\" x2=\"%.3f%%\" y1=\"0\" y2=\"100%%\"/>", at, at);
	}
	fputs("</g>", p->out);
}

void html__time_axis(const struct page *p)
{
	uint64_t span = p->to_ns - p->from_ns, step = time_axis__step(span, TICKS);
	unsigned int i = 0;
	char text[32];

	fputs("<div class=\"lane axis\"><div class=\"who\">since start</div><svg height=\"20\">", p->out);
	for (uint64_t t = 0; t <= span; t += step, i++) {
		double at = page__at(p, p->from_ns + t);

		/* A label that would stick out at the right adds nothing to the step */
		if (at > 97)
			break;
		format_tick(t, text, sizeof(text));
		fprintf(p->out, "<text class=\"%s\" x=\"%.3f%%\" y=\"14\"%s>%s</text>",
			i % 2 ? "minor" : "major", at, i ? " text-anchor=\"middle\"" : "", text);
	}
	fputs("</svg></div>\n", p->out);
}

void html__bdf(const struct incident *inc, char out[16])
{
	if (inc->bdf == ATCQ_NONE)
		snprintf(out, 16, "unknown");
	else
		incident__bdf(inc, out);
}

void html__incident_title(const struct page *p, const struct incident *inc)
{
	char id[96], bdf[16], text[32];
	uint64_t ns;

	incident__id(inc, report__boot_id(p->r, inc), id, sizeof(id));
	html__bdf(inc, bdf);
	fputs("<title>", p->out);
	html__text(p->out, id);
	fprintf(p->out, "\n%s: %s%s%s%s", bdf, incident_state__name(inc->state), inc->closed ? "" : ", open",
		inc->injected ? ", injected" : "", inc->incomplete ? ", incomplete" : "");
	for (int l = 0; l < LAT_MAX; l++) {
		if (!incident__latency(inc, l, &ns))
			continue;
		duration__format(ns, DURATION_EXACT, text, sizeof(text));
		fprintf(p->out, "\n%s %s", latency__name(l), text);
	}
	fputs("</title>", p->out);
}
