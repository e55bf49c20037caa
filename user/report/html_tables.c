// SPDX-License-Identifier: GPL-2.0-only
/* Incidents and devices in rows, with every incident's phases drawn side by side. */
#include <math.h>

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
		html__ns(p->out, ns);
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
	uint64_t when = inc->stamp[PHASE_RAISED] ? inc->stamp[PHASE_RAISED] : inc->opened_ns;

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
		html__ns(p->out, s.exposure);
	else
		fputs("<span class=\"none\">–</span>", p->out);
	fputs("</td></tr>\n", p->out);
}

/* What incidents tell of devices that no inventory was there to describe */
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
