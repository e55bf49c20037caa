// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "core/incident.h"
#include "html.h"
#include "lib/file.h"
#include "plot.h"

/* Made from user/report/html by the Makefile */
static const char page_html[] =
#include "page.html.h"
;
static const char report_css[] =
#include "report.css.h"
;

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

void html__ns(FILE *out, uint64_t ns)
{
	char text[32], *unit;

	format_ns(ns, text, sizeof(text));
	unit = strchr(text, ' ');
	*unit++ = '\0';
	fprintf(out, "<span class=\"ns\">%s<i>%s</i></span>", text, strcmp(unit, "us") ? unit : "µs");
}

void html__about_ns(FILE *out, uint64_t ns)
{
	static const char *const units[] = { "ns", "µs", "ms", "s" };
	double value = (double)ns;
	int u = 0;

	for (; u < 3 && value >= 999.5; u++)
		value /= 1000;
	fprintf(out, "<span class=\"ns\">%.*f<i>%s</i></span>", u && value < 99.95 ? value < 9.995 ? 2 : 1 : 0,
		value, units[u]);
}

void html__span(FILE *out, uint64_t ns)
{
	uint64_t seconds = ns / 1000000000;

	if (seconds < 60)
		fprintf(out, "%.1f s", (double)ns / 1e9);
	else if (seconds < 3600)
		fprintf(out, "%llu min %llu s", (unsigned long long)seconds / 60, (unsigned long long)seconds % 60);
	else
		fprintf(out, "%llu h %llu min", (unsigned long long)seconds / 3600,
			(unsigned long long)seconds % 3600 / 60);
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

		/* A label that would stick out at the right says nothing that the step does not */
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
		format_ns(ns, text, sizeof(text));
		fprintf(p->out, "\n%s %s", latency__name(l), text);
	}
	fputs("</title>", p->out);
}

static void title(const struct page *p)
{
	fprintf(p->out, "atcq report: %zu incident%s, Linux ", p->r->n, p->r->n == 1 ? "" : "s");
	html__text(p->out, p->r->kernel);
}

/* Without an incident there is nothing to list or to measure */
static void class(const struct page *p)
{
	fputs(p->r->n ? "busy" : "quiet", p->out);
}

static void css(const struct page *p)
{
	fputs(report_css, p->out);
}

static void part(void *ctx, const char *name)
{
	static const struct {
		const char *name;
		void (*write)(const struct page *p);
	} parts[] = {
		{ "title", title }, { "css", css }, { "class", class }, { "headline", html__headline },
		{ "lead", html__lead }, { "alerts", html__alerts }, { "cards", html__cards },
		{ "timeline", html__timeline }, { "heat", html__heat }, { "cdfs", html__cdfs },
		{ "incidents", html__incidents }, { "devices", html__devices }, { "made", html__made },
	};

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		if (!strcmp(parts[i].name, name))
			parts[i].write(ctx);
}

int report__html(FILE *out, struct report *r)
{
	struct page p = { .out = out, .r = r, .from_ns = r->start_ns, .to_ns = report__end_ns(r) };

	if (r->n > HTML_INCIDENTS_MAX)
		p.first = r->n - HTML_INCIDENTS_MAX;
	/* Nothing was watched: an axis has a length all the same */
	if (p.to_ns <= p.from_ns)
		p.to_ns = p.from_ns + 1;
	template__fill(out, page_html, part, &p);
	return report__flush(out);
}
