// SPDX-License-Identifier: GPL-2.0-only
/* The distribution of each latency, as far as it occurred. */
#include "html.h"
#include "plot.h"

#define POINTS	160
#define HEIGHT	120	/* px, of the plot without its axis */

static const char *meaning(enum latency l)
{
	static const char *const text[LAT_MAX] = {
		[LAT_DETECTION] = "issued → detected", [LAT_QUARANTINE] = "raised → blocked",
		[LAT_EXPOSURE] = "issued → blocked", [LAT_FENCE] = "raised → fenced",
		[LAT_RESET] = "reset begins → done", [LAT_RECOVERY] = "raised → recovered",
	};

	return text[l];
}

/* A step up at each value, in a square of 1,000 that is stretched to its place */
static void steps(const struct page *p, const struct cdf_point *points, size_t n, uint64_t of,
		  const struct log_axis *a)
{
	fputs("M0 1000", p->out);
	for (size_t i = 0; i < n; i++)
		fprintf(p->out, "H%.1fV%.1f", 1000 * log_axis__at(a, points[i].value),
			1000 - 1000.0 * (double)points[i].rank / (double)of);
	fputs("H1000", p->out);
}

static void curve(const struct page *p, struct samples *s, const struct log_axis *a)
{
	struct cdf_point points[POINTS];
	size_t n = cdf__points(s, points, POINTS);

	fprintf(p->out, "<svg height=\"%d\" viewBox=\"0 0 1000 1000\" preserveAspectRatio=\"none\">"
		"<path class=\"area\" d=\"", HEIGHT);
	steps(p, points, n, s->n, a);
	fputs("V1000Z\"/><path class=\"cdf\" d=\"", p->out);
	steps(p, points, n, s->n, a);
	fputs("\"/></svg>", p->out);
}

static void axis(const struct page *p, const struct log_axis *a)
{
	uint64_t ns = 1;
	char text[32];

	for (int e = 0; e < a->lo; e++)
		ns *= 10;
	fputs("<g class=\"grid\">", p->out);
	for (int y = 0; y <= 2; y++)
		fprintf(p->out, "<line x1=\"0\" x2=\"100%%\" y1=\"%d\" y2=\"%d\"/>", y * HEIGHT / 2, y * HEIGHT / 2);
	for (int y = 0; y <= 2; y++)
		fprintf(p->out, "<text dx=\"-6\" y=\"%d\" text-anchor=\"end\">%d %%</text>", y * HEIGHT / 2 + 4, 100 - 50 * y);
	for (int e = a->lo; e <= a->hi; e++, ns *= 10) {
		double at = 100.0 * (e - a->lo) / (a->hi - a->lo);

		fprintf(p->out, "<line x1=\"%.2f%%\" x2=\"%.2f%%\" y1=\"0\" y2=\"%d\"/>", at, at, HEIGHT);
		format_tick(ns, text, sizeof(text));
		/* Many decades have no room for many names */
		if (a->hi - a->lo <= 5 || !((e - a->lo) % 2))
			fprintf(p->out, "<text x=\"%.2f%%\" y=\"%d\" text-anchor=\"%s\">%s</text>", at, HEIGHT + 15,
				e == a->lo ? "start" : e == a->hi ? "end" : "middle", text);
	}
	fputs("</g>", p->out);
}

static void quantiles(const struct page *p, struct samples *s)
{
	fputs("<dl class=\"quantiles\">", p->out);
	for (int q = 0; q < REPORT_QUANTILES; q++) {
		if (!report__enough(report_percents[q], s->n))
			continue;
		fprintf(p->out, "<div><dt>%s</dt><dd>", report_quantiles[q]);
		html__about_ns(p->out, samples__quantile(s, report_percents[q]));
		fputs("</dd></div>", p->out);
	}
	fputs("</dl>", p->out);
}

static void panel(const struct page *p, enum latency l)
{
	struct samples *s = &p->r->latency[l];
	struct log_axis a;
	double median;

	fprintf(p->out, "<div class=\"panel\"><h3>%s <small>%s, n = ", latency__name(l), meaning(l));
	html__count(p->out, s->seen);
	fputs("</small></h3>", p->out);
	if (!s->n) {
		fputs("<p class=\"empty\">This did not occur, or could not be seen.</p></div>\n", p->out);
		return;
	}
	a = log_axis__around(samples__quantile(s, 0), samples__quantile(s, 100));
	median = 100 * log_axis__at(&a, samples__quantile(s, 50));
	fprintf(p->out, "<svg class=\"plot\" height=\"%d\" role=\"img\" aria-label=\"distribution of %s\">",
		HEIGHT + 20, latency__name(l));
	axis(p, &a);
	curve(p, s, &a);
	fprintf(p->out, "<circle class=\"median\" cx=\"%.2f%%\" cy=\"%d\" r=\"4\"/></svg>", median, HEIGHT / 2);
	quantiles(p, s);
	fputs("</div>\n", p->out);
}

void html__cdfs(const struct page *p)
{
	bool any = false;

	for (int l = 0; l < LAT_MAX; l++)
		any = any || p->r->latency[l].n;
	if (!any) {
		fputs("<p class=\"empty\">Nothing to measure: no latency has both its stamps.</p>\n", p->out);
		return;
	}
	fputs("<p class=\"rest\">The share of incidents (up) that took so long or less (right, logarithmic); "
	      "the dot is the median.</p>\n<div class=\"panels\">\n", p->out);
	for (int l = 0; l < LAT_MAX; l++)
		panel(p, l);
	fputs("</div>\n", p->out);
}
