// SPDX-License-Identifier: GPL-2.0-only
/* How long CMD_SYNCs took over time: the darker, the more of them, with the incidents above. */
#include <math.h>

#include "html.h"

#define LEVELS		8
#define MIN_ROWS	8
#define ROW_PX		9
#define MAX_LINES	40
#define OVERLAP		0.03	/* percent: no seam between buckets, however they are rounded */

struct heat {
	const struct time_buckets *s;
	unsigned int low, high;		/* rows that are drawn: low <= row < high */
	double min, max;		/* CMD_SYNCs a second in a cell that has any */
};

static double rate(const struct time_bucket *v, unsigned int row)
{
	return (double)v->row[row] * 1e9 / (double)(v->end_ns - v->start_ns);
}

static struct heat measure(const struct time_buckets *s)
{
	struct heat h = { .s = s, .low = TIME_BUCKET_ROWS };

	for (size_t i = 0; i < s->n; i++)
		for (unsigned int row = 0; row < TIME_BUCKET_ROWS; row++) {
			double per_second = rate(&s->v[i], row);

			if (per_second <= 0)
				continue;
			h.low = row < h.low ? row : h.low;
			h.high = row + 1 > h.high ? row + 1 : h.high;
			h.min = h.min <= 0 || per_second < h.min ? per_second : h.min;
			h.max = per_second > h.max ? per_second : h.max;
		}
	/* A few rows more, so that there is an axis to read */
	while (h.high && h.high - h.low < MIN_ROWS) {
		h.low -= h.low > 0;
		h.high += h.high < TIME_BUCKET_ROWS;
	}
	return h;
}

/* 1 .. LEVELS, in even steps of the logarithm */
static int level(const struct heat *h, double per_second)
{
	double span = log(h->max / h->min), at = span > 0 ? log(per_second / h->min) / span : 1;
	int l = 1 + (int)(at * LEVELS);

	return l > LEVELS ? LEVELS : l;
}

static void cells(const struct page *p, const struct heat *h, size_t i)
{
	const struct time_bucket *v = &h->s->v[i];
	double x = page__at(p, v->start_ns), width = page__at(p, v->end_ns) - x + OVERLAP;

	fputs("<g class=\"slice\"><title>", p->out);
	fprintf(p->out, "%.2f s to %.2f s: ", (double)(v->start_ns - p->from_ns) / 1e9,
		(double)(v->end_ns - p->from_ns) / 1e9);
	html__count(p->out, v->count);
	fprintf(p->out, " CMD_SYNCs, %llu failed</title>", (unsigned long long)v->failed);
	for (unsigned int row = h->low; row < h->high; row++)
		if (v->row[row])
			fprintf(p->out, "<rect class=\"h%d\" x=\"%.3f%%\" width=\"%.3f%%\" y=\"%u\" height=\"%d\"/>",
				level(h, rate(v, row)), x, width, (h->high - 1 - row) * ROW_PX, ROW_PX);
	fputs("</g>\n", p->out);
}

static void labels(const struct page *p, const struct heat *h)
{
	unsigned int height = (h->high - h->low) * ROW_PX;
	char text[32];

	fprintf(p->out, "<div class=\"who\"><svg height=\"%u\">", height + 8);
	for (uint64_t ns = 1; ns <= 100000000000ull; ns *= 10) {
		double row = (double)atcq_hist_index(ns) / HIST_BUCKETS_PER_ROW;

		if (row < h->low || row > h->high)
			continue;
		format_tick(ns, text, sizeof(text));
		fprintf(p->out, "<text x=\"100%%\" dx=\"-6\" y=\"%.1f\" text-anchor=\"end\">%s</text>",
			(h->high - row) * ROW_PX + 4, text);
	}
	fputs("</svg></div>", p->out);
}

static void decades(const struct page *p, const struct heat *h)
{
	fputs("<g class=\"grid\">", p->out);
	for (uint64_t ns = 1; ns <= 100000000000ull; ns *= 10) {
		double row = (double)atcq_hist_index(ns) / HIST_BUCKETS_PER_ROW;

		if (row >= h->low && row <= h->high)
			fprintf(p->out, "<line x1=\"0\" x2=\"100%%\" y1=\"%.1f\" y2=\"%.1f\"/>",
				(h->high - row) * ROW_PX, (h->high - row) * ROW_PX);
	}
	fputs("</g>", p->out);
}

/* A dot above the cells; with a line through them only while that leaves them to be seen */
static void incident_marks(const struct page *p, uint32_t smmu, unsigned int height)
{
	bool lines = p->r->n - p->first <= MAX_LINES;

	for (size_t i = p->first; i < p->r->n; i++) {
		const struct incident *inc = &p->r->incidents[i];
		uint64_t when = inc->phase_ns[PHASE_RAISED];

		if (inc->smmu != smmu || when < p->from_ns || !when)
			continue;
		fprintf(p->out, "<a href=\"#i%zu\"><g class=\"mark\">", i + 1);
		html__incident_title(p, inc);
		if (lines)
			fprintf(p->out, "<line x1=\"%.4f%%\" x2=\"%.4f%%\" y1=\"0\" y2=\"%u\"/>",
				page__at(p, when), page__at(p, when), height);
		fprintf(p->out, "<circle cx=\"%.4f%%\" cy=\"-4\" r=\"3\"/></g></a>\n", page__at(p, when));
	}
}

static void legend(const struct page *p, const struct heat *h)
{
	fputs("<ul class=\"legend\"><li>", p->out);
	html__count(p->out, (uint64_t)ceil(h->min));
	fprintf(p->out, "/s <svg width=\"%d\" height=\"12\">", LEVELS * 14);
	for (int l = 1; l <= LEVELS; l++)
		fprintf(p->out, "<rect class=\"h%d\" x=\"%d\" width=\"14\" height=\"12\"/>", l, (l - 1) * 14);
	fputs("</svg> ", p->out);
	html__count(p->out, (uint64_t)ceil(h->max));
	fprintf(p->out, "/s CMD_SYNCs that took so long, %zu time buckets of %.3g s</li>"
	      "<li><svg width=\"14\" height=\"12\"><g class=\"mark\"><line x1=\"7\" x2=\"7\" y1=\"2\" y2=\"12\"/>"
	      "<circle cx=\"7\" cy=\"3\" r=\"3\"/></g></svg>"
	      "an incident's error raised</li></ul>\n", h->s->n,
		(double)(h->s->v[0].end_ns - h->s->v[0].start_ns) / 1e9);
}

static void draw(const struct page *p, const struct time_buckets *s)
{
	struct heat h = measure(s);
	unsigned int height = (h.high - h.low) * ROW_PX;

	fprintf(p->out, "<div class=\"figure heat\"><h3>CMD_SYNC durations at SMMU %u</h3>\n", s->smmu);
	if (!h.high) {
		fputs("<p class=\"empty\">No CMD_SYNC in this time.</p></div>\n", p->out);
		return;
	}
	fputs("<div class=\"lane\">", p->out);
	labels(p, &h);
	fprintf(p->out, "<svg class=\"cells\" height=\"%u\" role=\"group\" aria-label=\"durations over time\">", height + 8);
	for (size_t i = 0; i < s->n; i++)
		cells(p, &h, i);
	decades(p, &h);
	incident_marks(p, s->smmu, height);
	fputs("</svg></div>\n", p->out);
	html__time_axis(p);
	legend(p, &h);
	fputs("</div>\n", p->out);
}

void html__heat(const struct page *p)
{
	const struct report *r = p->r;

	for (size_t i = 0; i < r->ntime_buckets && i < HTML_HEATS_MAX; i++)
		draw(p, &r->time_buckets[i]);
	if (r->ntime_buckets > HTML_HEATS_MAX)
		fprintf(p->out, "<p class=\"rest\">%zu more SMMUs are not drawn.</p>\n",
			r->ntime_buckets - HTML_HEATS_MAX);
}

/* The distribution of each latency, as far as it occurred. */

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
		/* With many decades only every other one is labelled */
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
		html__duration(p->out, samples__quantile(s, report_percents[q]), DURATION_ROUNDED);
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
		fputs("<p class=\"empty\">Nothing to measure: no latency has both of its timestamps.</p>\n", p->out);
		return;
	}
	fputs("<p class=\"rest\">The share of incidents (up) that took so long or less (right, logarithmic); "
	      "the dot is the median.</p>\n<div class=\"panels\">\n", p->out);
	for (int l = 0; l < LAT_MAX; l++)
		panel(p, l);
	fputs("</div>\n", p->out);
}
