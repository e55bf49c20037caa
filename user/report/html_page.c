// SPDX-License-Identifier: GPL-2.0-only
/* The page and its parts that are text and single numbers: its head, the cards and its foot. */
#include <string.h>

#include "core/incident.h"
#include "html.h"
#include "lib/file.h"

/* Timed out, neither blocked nor known to work again */
static bool exposed(const struct incident *inc)
{
	return !inc->closed && inc->state == INCIDENT_TIMED_OUT;
}

/* Devices that had an incident */
static size_t affected(const struct report *r)
{
	struct samples keys = { 0 };
	size_t n = 0;

	for (size_t i = 0; i < r->n; i++)
		if (samples__add(&keys, (uint64_t)r->incidents[i].segment << 32 | r->incidents[i].bdf))
			break;
	samples__quantile(&keys, 0);	/* sorts */
	for (size_t i = 0; i < keys.n; i++)
		n += !i || keys.v[i] != keys.v[i - 1];
	samples__free(&keys);
	return n;
}

static void html__headline(const struct page *p)
{
	const struct report *r = p->r;

	if (!r->n) {
		fputs("No incident in ", p->out);
		html__duration(p->out, r->duration_ns, DURATION_LONG);
		return;
	}
	html__plural(p->out, r->n + r->omitted, "incident", "incidents");
	if (r->n == 1) {
		fprintf(p->out, ", %s%s", incident_state__name(r->incidents[0].state), r->open ? " and open" : "");
		return;
	}
	fputs(", ", p->out);
	if (r->open == r->n + r->omitted)
		fputs("all", p->out);
	else if (r->open)
		html__count(p->out, r->open);
	else
		fputs("none", p->out);
	fputs(" still open", p->out);
}

static void wall_clock(FILE *out, const struct report *r)
{
	char wall[32];

	report__wall(r, r->start_ns, wall);
	if (*wall)
		fprintf(out, "%.10s %.8s UTC", wall, wall + 11);
	else
		fputs("at an unknown time", out);
}

static void html__lead(const struct page *p)
{
	const struct report *r = p->r;

	fputs("Watched for ", p->out);
	html__duration(p->out, r->duration_ns, DURATION_LONG);
	fputs(" from ", p->out);
	wall_clock(p->out, r);
	if (*r->host) {
		fputs(" on ", p->out);
		html__text(p->out, r->host);
	}
	fputs(", Linux ", p->out);
	html__text(p->out, r->kernel);
}

static void html__alerts(const struct page *p)
{
	const struct report *r = p->r;
	size_t n = 0;

	for (size_t i = 0; i < r->n; i++)
		n += exposed(&r->incidents[i]);
	if (n) {
		fputs("<p class=\"alert\" role=\"alert\"><b>", p->out);
		html__plural(p->out, n, "device is", "devices are");
		fputs(" exposed.</b> The device timed out and nothing switched its ATS off: "
		      "it can still use stale translations.</p>\n", p->out);
	}
	if (report__lost(r)) {
		fputs("<p class=\"alert lost\" role=\"alert\"><b>", p->out);
		html__plural(p->out, report__lost(r), "event was lost.", "events were lost.");
		fputs("</b> Incidents may be missing or incomplete, and counts are too low; "
		      "no time shown is wrong because of it.</p>\n", p->out);
	}
}

static void card_open(const struct page *p, const char *label)
{
	fprintf(p->out, "<div class=\"card\"><h3>%s</h3><p class=\"value\">", label);
}

static void card_latency(const struct page *p, const char *label, enum latency l, const char *what)
{
	struct samples *s = &p->r->latency[l];

	card_open(p, label);
	if (s->n)
		html__duration(p->out, samples__quantile(s, 100), DURATION_ROUNDED);
	else
		fputs("<span class=\"none\">none</span>", p->out);
	fprintf(p->out, "</p><p class=\"note\">longest %s", what);
	if (s->n) {
		fputs("; median ", p->out);
		html__duration(p->out, samples__quantile(s, 50), DURATION_ROUNDED);
	}
	fputs("</p></div>\n", p->out);
}

static void card_incidents(const struct page *p)
{
	const struct report *r = p->r;
	size_t n = affected(r);

	card_open(p, "Incidents");
	html__count(p->out, r->n + r->omitted);
	fputs("</p><p class=\"note\">", p->out);
	if (n)
		html__plural(p->out, n, "device; ", "devices; ");
	html__count(p->out, r->totals.recovered);
	fputs(" recovered, ", p->out);
	html__count(p->out, r->totals.removed);
	fputs(" removed, ", p->out);
	html__count(p->out, r->open);
	fputs(" open; ", p->out);
	html__count(p->out, r->totals.injected);
	fputs(" injected</p></div>\n", p->out);
}

static void card_syncs(const struct page *p)
{
	uint64_t count = 0, failed = 0, max = 0;

	for (size_t i = 0; i < p->r->nsyncs; i++) {
		const struct atcq_hist *h = &p->r->syncs[i].hist;

		count += h->count;
		failed += h->failed;
		max = h->max_ns > max ? h->max_ns : max;
	}
	card_open(p, "CMD_SYNCs");
	if (!p->r->nsyncs) {
		fputs("<span class=\"none\">none</span></p><p class=\"note\">were seen</p></div>\n", p->out);
		return;
	}
	html__count(p->out, count);
	fputs("</p><p class=\"note\">", p->out);
	html__count(p->out, failed);
	fputs(" failed; longest ", p->out);
	html__duration(p->out, max, DURATION_ROUNDED);
	fputs("</p></div>\n", p->out);
}

static void html__cards(const struct page *p)
{
	const struct report *r = p->r;

	card_incidents(p);
	card_latency(p, "Exposure", LAT_EXPOSURE, "time that a stale translation was usable");
	card_latency(p, "Quarantine", LAT_QUARANTINE, "time from the error to ATS off");
	card_latency(p, "Recovery", LAT_RECOVERY, "time from the error to a device that works");
	card_open(p, "CMDQ errors");
	html__count(p->out, r->totals.cmdq_errors);
	fputs("</p><p class=\"note\">", p->out);
	html__count(p->out, r->counters.atc_invs);
	fputs(" ATC_INVs sent, ", p->out);
	html__count(p->out, r->counters.atc_suppressed);
	fputs(" suppressed</p></div>\n", p->out);
	card_syncs(p);
}

static void row(const struct page *p, const char *term, const char *text)
{
	fprintf(p->out, "<dt>%s</dt><dd>", term);
	html__text(p->out, text && *text ? text : "not known");
	fputs("</dd>\n", p->out);
}

static void html__made(const struct page *p)
{
	const struct report *r = p->r;
	char wall[32];

	report__wall(r, r->start_ns, wall);
	fputs("<dl>\n<dt>Command</dt><dd><code>", p->out);
	html__text(p->out, r->command ? r->command : "not known");
	fputs("</code></dd>\n", p->out);
	row(p, "atcq", r->version);
	row(p, "Kernel", r->kernel);
	row(p, "Host", r->host);
	row(p, "Boot id", r->boot_id);
	row(p, "Source", r->source);
	row(p, "Started", wall);
	fputs("<dt>Watched</dt><dd>", p->out);
	html__duration(p->out, r->duration_ns, DURATION_LONG);
	fprintf(p->out, " from CLOCK_BOOTTIME %llu ns</dd>\n", (unsigned long long)r->start_ns);
	fprintf(p->out, "<dt>Events</dt><dd%s>", report__lost(r) ? " class=\"lost\"" : "");
	html__count(p->out, r->counters.events);
	fputs(" received, ", p->out);
	html__count(p->out, report__lost(r));
	fputs(" lost</dd>\n</dl>\n", p->out);
}

/* Made from user/report by the Makefile */
static const char page_html[] =
#include "page.html.h"
;
static const char report_css[] =
#include "report.css.h"
;

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
	/* Even if nothing was watched, an axis has a length */
	if (p.to_ns <= p.from_ns)
		p.to_ns = p.from_ns + 1;
	template__fill(out, page_html, part, &p);
	return file__flush(out);
}
