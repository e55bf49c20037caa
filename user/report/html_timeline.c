// SPDX-License-Identifier: GPL-2.0-only
/* A lane a device, its incidents on it, cut into what was going on. */
#include <stdlib.h>

#include "core/incident.h"
#include "html.h"
#include "lib/file.h"

/* More incidents than this on a lane are so near to each other that they must shine through */
#define DENSE 60

static bool same_device(const struct incident *a, const struct incident *b)
{
	return a->bdf == b->bdf && a->segment == b->segment;
}

/* The first incident of @inc's device that is shown has its lane */
static bool begins_lane(const struct page *p, size_t i)
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
	uint64_t raised = inc->stamp[PHASE_RAISED];
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
	      "<rect class=\"gap\" width=\"14\" height=\"12\"/></svg>a stamp in between is not known</li></ul>\n", p->out);
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
		fputs(" incidents, and no room here.</p>", p->out);
	}
	if (p->first) {
		fputs("<p class=\"rest\">The last ", p->out);
		html__count(p->out, p->r->n - p->first);
		fputs(" incidents of ", p->out);
		html__count(p->out, p->r->n);
		fputs(" are drawn; the form csv has all.</p>", p->out);
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
		if (begins_lane(p, i))
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
