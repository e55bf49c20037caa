// SPDX-License-Identifier: GPL-2.0-only
/* Incidents and devices in rows, with every incident's phases drawn side by side. */
#include <math.h>
#include <stdlib.h>

#include "core/incident.h"
#include "html.h"
#include "lib/file.h"

/*
 * Phases take from microseconds to minutes: on no common axis could all be seen.
 * So each is as long as the logarithm of its own time, in decades from 100 ns.
 */
static double decades(uint64_t ns)
{
	return ns > 100 ? log10((double)ns / 100) : 0;
}

/* The longest row's, of the incidents that are shown */
static double longest(const struct page *p)
{
	double most = 10;

	for (size_t i = p->first; i < p->r->n; i++) {
		struct span s[PHASE_MAX];
		size_t n = incident__spans(&p->r->incidents[i], p->to_ns, s);
		double sum = 0;

		for (size_t k = 0; k < n; k++)
			sum += decades(s[k].end_ns - s[k].start_ns);
		most = sum > most ? sum : most;
	}
	return most;
}

static void anatomy(const struct page *p, const struct incident *inc, double all)
{
	struct span s[PHASE_MAX];
	size_t n = incident__spans(inc, p->to_ns, s);
	double x = 0;

	fputs("<svg class=\"anatomy\" height=\"14\" role=\"img\">", p->out);
	html__incident_title(p, inc);
	for (size_t i = 0; i < n; i++) {
		double width = 100 * decades(s[i].end_ns - s[i].start_ns) / all;

		fprintf(p->out, "<rect class=\"s%d\" x=\"%.2f%%\" width=\"%.2f%%\" height=\"14\"/>",
			s[i].kind, x, width);
		if (s[i].gap)
			fprintf(p->out, "<rect class=\"gap\" x=\"%.2f%%\" width=\"%.2f%%\" height=\"14\"/>", x, width);
		if (s[i].open)
			fprintf(p->out, "<text class=\"open\" x=\"%.2f%%\" dx=\"2\" y=\"12\">▸</text>", x + width);
		x += width;
	}
	fputs("</svg>", p->out);
}

static void latency_cell(const struct page *p, const struct incident *inc, enum latency l)
{
	uint64_t ns;

	fputs("<td class=\"num\">", p->out);
	if (incident__latency(inc, l, &ns))
		html__duration(p->out, ns, DURATION_EXACT);
	else
		fputs("<span class=\"none\">–</span>", p->out);
	fputs("</td>", p->out);
}

static void badge(const struct page *p, const char *class, const char *text)
{
	fprintf(p->out, "<span class=\"badge %s\">%s</span>", class, text);
}

static void incident_row(const struct page *p, size_t i, double all)
{
	const struct incident *inc = &p->r->incidents[i];
	char id[96], bdf[16], wall[32];
	uint64_t when = inc->phase_ns[PHASE_RAISED] ? inc->phase_ns[PHASE_RAISED] : inc->opened_ns;

	incident__id(inc, report__boot_id(p->r, inc), id, sizeof(id));
	html__bdf(inc, bdf);
	report__wall_of(p->r, inc, when, wall);
	fprintf(p->out, "<tr id=\"i%zu\"><td class=\"num\"><span title=\"%s\">", i + 1, wall);
	if (when >= p->from_ns)
		fprintf(p->out, "%.3f s", (double)(when - p->from_ns) / 1e9);
	else
		fputs("before", p->out);
	fprintf(p->out, "</span></td><td><b>%s</b><br><code class=\"id\">", bdf);
	html__text(p->out, id);
	fputs("</code></td><td>", p->out);
	badge(p, incident_state__name(inc->state), incident_state__name(inc->state));
	if (!inc->closed)
		badge(p, "is-open", "open");
	if (inc->injected)
		badge(p, "is-injected", "injected");
	if (inc->incomplete)
		badge(p, "is-incomplete", "incomplete");
	fputs("</td><td class=\"phases\">", p->out);
	anatomy(p, inc, all);
	fputs("</td>", p->out);
	for (int l = 0; l < LAT_MAX; l++)
		latency_cell(p, inc, l);
	fprintf(p->out, "<td class=\"num\">%u</td></tr>\n", inc->cmdq_errors);
}

/* How long 1 µs, 1 ms and 1 s are */
static void scale(const struct page *p, double all)
{
	static const struct { uint64_t ns; const char *text; } marks[] = {
		{ 1000, "1 µs" }, { 1000000, "1 ms" }, { 1000000000, "1 s" },
	};

	fputs("<svg class=\"scale\" height=\"20\">", p->out);
	for (int i = 0; i < 3; i++) {
		fprintf(p->out, "<rect x=\"%d%%\" width=\"%.2f%%\" y=\"15\" height=\"3\"/>"
			"<text x=\"%d%%\" y=\"11\">%s</text>", 32 * i, 100 * decades(marks[i].ns) / all,
			32 * i, marks[i].text);
	}
	fputs("</svg>", p->out);
}

static void incident_table(const struct page *p, size_t from, size_t to, double all)
{
	fputs("<div class=\"scroll\"><table class=\"incidents\"><thead><tr><th class=\"num\">raised</th>"
	      "<th>device, incident</th><th>state</th><th class=\"phases\">phases, by the logarithm of their times", p->out);
	scale(p, all);
	fputs("</th>", p->out);
	for (int l = 0; l < LAT_MAX; l++)
		fprintf(p->out, "<th class=\"num\">%s</th>", latency__name(l));
	fputs("<th class=\"num\">errors</th></tr></thead><tbody>\n", p->out);
	for (size_t i = from; i < to; i++)
		incident_row(p, i, all);
	fputs("</tbody></table></div>\n", p->out);
}

void html__incidents(const struct page *p)
{
	size_t end = p->r->n, folded = p->first + HTML_INCIDENTS_OPEN;
	double all = longest(p);

	if (!p->r->n) {
		fputs("<p class=\"empty\">None.</p>\n", p->out);
		return;
	}
	incident_table(p, p->first, folded < end ? folded : end, all);
	if (folded < end) {
		fputs("<details><summary>", p->out);
		html__plural(p->out, end - folded, "more incident", "more incidents");
		fputs("</summary>\n", p->out);
		incident_table(p, folded, end, all);
		fputs("</details>\n", p->out);
	}
}

struct device_sum {
	size_t incidents;
	uint64_t timeouts, exposure;
};

static struct device_sum sum_up(const struct report *r, const struct device *d)
{
	struct device_sum s = { 0 };
	uint64_t ns;

	for (size_t i = 0; i < r->n; i++) {
		const struct incident *inc = &r->incidents[i];

		if (inc->bdf != d->addr || inc->segment != d->segment)
			continue;
		s.incidents++;
		s.timeouts += inc->atc_timeouts;
		if (incident__latency(inc, LAT_EXPOSURE, &ns) && ns > s.exposure)
			s.exposure = ns;
	}
	return s;
}

static void device_row(const struct page *p, const struct report_device *rd)
{
	const struct device *d = &rd->dev;
	struct device_sum s = sum_up(p->r, d);
	const char *state = rd->removed ? "removed" : !d->state_known ? "unknown" :
			    d->blocked ? blocked__name(d->blocked) : "healthy";

	fprintf(p->out, "<tr><td><b>%s</b></td><td>", d->bdf);
	html__text(p->out, d->name);
	fputs("</td><td>", p->out);
	html__text(p->out, *d->driver ? d->driver : "–");
	fputs("</td><td>", p->out);
	html__text(p->out, d->smmu_name);
	fputs("</td><td class=\"num\">", p->out);
	for (size_t i = 0; i < d->nsids; i++)
		fprintf(p->out, "%s0x%x", i ? ", " : "", d->sids[i]);
	fputs("</td><td class=\"num\">", p->out);
	if (d->group >= 0)
		fprintf(p->out, "%d", d->group);
	fprintf(p->out, "</td><td>%s</td><td>", ats_state__name(d->ats));
	badge(p, state, state);
	fputs("</td><td class=\"num\">", p->out);
	html__count(p->out, s.incidents);
	fputs("</td><td class=\"num\">", p->out);
	html__count(p->out, s.timeouts);
	fputs("</td><td class=\"num\">", p->out);
	if (s.exposure)
		html__duration(p->out, s.exposure, DURATION_EXACT);
	else
		fputs("<span class=\"none\">–</span>", p->out);
	fputs("</td></tr>\n", p->out);
}

/* Rows for devices that have incidents but are in no inventory */
static void devices_of_incidents(const struct page *p)
{
	const struct report *r = p->r;

	for (size_t i = p->first; i < r->n; i++) {
		const struct incident *inc = &r->incidents[i];
		struct report_device d = { .dev = { .segment = inc->segment, .addr = inc->bdf, .group = -1 } };
		size_t j = p->first;

		while (r->incidents[j].bdf != inc->bdf || r->incidents[j].segment != inc->segment)
			j++;
		if (j < i || report__device(r, inc->segment, inc->bdf))
			continue;
		html__bdf(inc, d.dev.bdf);
		snprintf(d.dev.name, sizeof(d.dev.name), "not known");
		if (inc->sid != ATCQ_NONE)
			d.dev.sids[d.dev.nsids++] = inc->sid;
		device_row(p, &d);
	}
}

void html__devices(const struct page *p)
{
	const struct report *r = p->r;

	if (!r->ndevices && !r->n) {
		fputs("<p class=\"empty\">It is not known which devices there were.</p>\n", p->out);
		return;
	}
	fputs("<div class=\"scroll\"><table class=\"devices\"><thead><tr><th>device</th><th>name</th><th>driver</th>"
	      "<th>SMMU</th><th class=\"num\">Stream IDs</th><th class=\"num\">group</th><th>ATS</th>"
	      "<th>state at the end</th><th class=\"num\">incidents</th><th class=\"num\">timeouts</th>"
	      "<th class=\"num\">longest exposure</th></tr></thead><tbody>\n", p->out);
	for (size_t i = 0; i < r->ndevices && i < HTML_DEVICES_MAX; i++)
		device_row(p, &r->devices[i]);
	devices_of_incidents(p);
	fputs("</tbody></table></div>\n", p->out);
	if (r->ndevices > HTML_DEVICES_MAX) {
		fputs("<p class=\"rest\">", p->out);
		html__plural(p->out, r->ndevices - HTML_DEVICES_MAX, "more device", "more devices");
		fputs(" are left out.</p>\n", p->out);
	}
}

/* A lane per device, with its incidents, each divided into the spans between its phases. */

/* More incidents than this on a lane are so near to each other that they must shine through */
#define DENSE 60

static bool same_device(const struct incident *a, const struct incident *b)
{
	return a->bdf == b->bdf && a->segment == b->segment;
}

/* The first incident of @inc's device that is shown has its lane */
static bool starts_lane(const struct page *p, size_t i)
{
	const struct incident *inc = &p->r->incidents[i];

	for (size_t j = p->first; j < i; j++)
		if (same_device(&p->r->incidents[j], inc))
			return false;
	return true;
}

static void spans(const struct page *p, const struct incident *inc)
{
	struct span s[PHASE_MAX];
	size_t n = incident__spans(inc, p->to_ns, s);

	for (size_t i = 0; i < n; i++) {
		double from = page__at(p, s[i].start_ns), width = page__at(p, s[i].end_ns) - from;

		fprintf(p->out, "<rect class=\"s%d\" x=\"%.4f%%\" width=\"%.4f%%\" y=\"9\" height=\"12\"/>",
			s[i].kind, from, width);
		if (s[i].gap)
			fprintf(p->out, "<rect class=\"gap\" x=\"%.4f%%\" width=\"%.4f%%\" y=\"9\" height=\"12\"/>",
				from, width);
	}
}

static void on_lane(const struct page *p, size_t i)
{
	const struct incident *inc = &p->r->incidents[i];
	uint64_t raised = inc->phase_ns[PHASE_RAISED];
	double end = page__at(p, incident__end(inc, p->to_ns));

	fprintf(p->out, "<a href=\"#i%zu\"><g class=\"inc\">", i + 1);
	html__incident_title(p, inc);
	spans(p, inc);
	/* However short it was, it can be seen */
	if (raised >= p->from_ns && raised)
		fprintf(p->out, "<rect class=\"flag\" x=\"%.4f%%\" width=\"2\" y=\"4\" height=\"22\"/>",
			page__at(p, raised));
	if (inc->injected)
		fprintf(p->out, "<circle class=\"injected\" cx=\"%.4f%%\" cy=\"4\" r=\"3\"/>",
			page__at(p, raised ? raised : inc->opened_ns));
	if (inc->state == INCIDENT_REMOVED)
		fprintf(p->out, "<text class=\"gone\" x=\"%.4f%%\" y=\"20\" dx=\"2\">×</text>", end);
	if (!inc->closed)
		fputs("<text class=\"open\" x=\"100%\" y=\"20\" dx=\"-3\" text-anchor=\"end\">▸</text>", p->out);
	fputs("</g></a>\n", p->out);
}

static void lane(const struct page *p, size_t first)
{
	const struct incident *inc = &p->r->incidents[first];
	const struct report_device *d = report__device(p->r, inc->segment, inc->bdf);
	char bdf[16];
	size_t n = 0;

	html__bdf(inc, bdf);
	fprintf(p->out, "<div class=\"lane\"><div class=\"who\"><b>%s</b><span>", bdf);
	html__text(p->out, d ? (*d->dev.driver ? d->dev.driver : "no driver") : "");
	for (size_t i = first; i < p->r->n; i++)
		n += same_device(&p->r->incidents[i], inc);
	fprintf(p->out, "</span></div><svg class=\"track%s\" height=\"30\" role=\"group\" aria-label=\"%zu incidents of %s\">",
		n > DENSE ? " dense" : "", n, bdf);
	html__time_grid(p);
	for (size_t i = first; i < p->r->n; i++)
		if (same_device(&p->r->incidents[i], inc))
			on_lane(p, i);
	fputs("</svg></div>\n", p->out);
}

static void legend(const struct page *p)
{
	fputs("<ul class=\"legend\">", p->out);
	for (int k = 0; k < SPAN_MAX; k++) {
		if (!k || span__exposed(k) != span__exposed(k - 1))
			fprintf(p->out, "<li class=\"group\">%s</li>", span__exposed(k) ? "exposed" : "safe");
		fprintf(p->out, "<li><svg width=\"14\" height=\"12\"><rect class=\"s%d\" width=\"14\" height=\"12\"/></svg>"
			"<b>%s</b> %s</li>", k, span__name(k), span__meaning(k));
	}
	fputs("<li class=\"group\">marks</li>"
	      "<li><svg width=\"14\" height=\"12\"><rect class=\"flag\" x=\"6\" width=\"2\" height=\"12\"/></svg>error raised</li>"
	      "<li><svg width=\"14\" height=\"12\"><circle class=\"injected\" cx=\"7\" cy=\"6\" r=\"3\"/></svg>injected</li>"
	      "<li><svg width=\"14\" height=\"12\"><text class=\"open\" x=\"4\" y=\"10\">▸</text></svg>still open</li>"
	      "<li><svg width=\"14\" height=\"12\"><text class=\"gone\" x=\"3\" y=\"10\">×</text></svg>removed</li>"
	      "<li><svg width=\"14\" height=\"12\"><rect class=\"s3\" width=\"14\" height=\"12\"/>"
	      "<rect class=\"gap\" width=\"14\" height=\"12\"/></svg>a timestamp in between is not known</li></ul>\n", p->out);
}

static int by_address(const void *a, const void *b, void *ctx)
{
	const struct report *r = ctx;
	const struct incident *l = &r->incidents[*(const size_t *)a], *m = &r->incidents[*(const size_t *)b];

	if (l->segment != m->segment)
		return l->segment < m->segment ? -1 : 1;
	return l->bdf < m->bdf ? -1 : l->bdf > m->bdf;
}

static void rest(const struct page *p, size_t lanes)
{
	if (lanes > HTML_LANES_MAX) {
		fputs("<p class=\"rest\">", p->out);
		html__plural(p->out, lanes - HTML_LANES_MAX, "more device has", "more devices have");
		fputs(" incidents, but are not drawn here.</p>", p->out);
	}
	if (p->first) {
		fputs("<p class=\"rest\">The last ", p->out);
		html__count(p->out, p->r->n - p->first);
		fputs(" incidents of ", p->out);
		html__count(p->out, p->r->n);
		fputs(" are drawn; the format csv has all.</p>", p->out);
	}
}

void html__timeline(const struct page *p)
{
	size_t first[HTML_INCIDENTS_MAX], lanes = 0;

	if (!p->r->n) {
		fputs("<p class=\"empty\">No incident while this was watched: no device failed to answer "
		      "an ATC invalidation, and none was blocked.</p>\n", p->out);
		return;
	}
	for (size_t i = p->first; i < p->r->n; i++)
		if (starts_lane(p, i))
			first[lanes++] = i;
	qsort_r(first, lanes, sizeof(*first), by_address, p->r);
	fputs("<div class=\"figure timeline\">\n", p->out);
	for (size_t i = 0; i < lanes && i < HTML_LANES_MAX; i++)
		lane(p, first[i]);
	html__time_axis(p);
	rest(p, lanes);
	legend(p);
	fputs("</div>\n", p->out);
}
