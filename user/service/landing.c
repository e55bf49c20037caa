// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "inject/arm.h"
#include "landing.h"
#include "lib/clock.h"
#include "lib/file.h"

static const char css[] =
#include "landing.css.h"
	;

void landing_last__add(struct landing_last *l, const struct incident *inc)
{
	l->inc[l->n++ % LANDING_LAST] = *inc;
}

static void utc(FILE *out, const struct landing *l, uint64_t boot_ns)
{
	char text[32];

	utc__format_seconds(l->wall_offset_ns + (int64_t)boot_ns, text);
	fputs(text, out);
}

static void duration(FILE *out, uint64_t ns)
{
	char text[32];

	duration__format(ns, DURATION_EXACT, text, sizeof(text));
	fputs(text, out);
}

static bool is_healthy(const struct device *d)
{
	return !d->state_known || !d->blocked;
}

static size_t unhealthy(const struct inventory *inv)
{
	size_t n = 0;

	for (size_t i = 0; i < inv->ndev; i++)
		n += !is_healthy(&inv->dev[i]);
	return n;
}

static void head(FILE *out, const struct landing *l)
{
	size_t bad = unhealthy(l->inv), open = l->tracker ? tracker__open_count(l->tracker) : 0;

	fputs("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
	      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
	      "<meta name=\"color-scheme\" content=\"light dark\">\n"
	      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n<title>", out);
	html__text(out, l->host);
	fprintf(out, ": atcq</title>\n<style>\n%s</style>\n</head>\n<body>\n<main>\n<header>\n<p class=\"eyebrow\">atcq on ",
		css);
	html__text(out, l->host);
	fputs("</p>\n<h1>", out);
	if (bad)
		fprintf(out, "%zu of %zu device%s blocked, ", bad, l->inv->ndev, l->inv->ndev == 1 ? " is" : "s are");
	else if (l->inv->ndev)
		fprintf(out, "%zu device%s, ", l->inv->ndev, l->inv->ndev == 1 ? "" : "s");
	if (open)
		fprintf(out, "%zu open incident%s", open, open == 1 ? "" : "s");
	else
		fputs(l->inv->ndev ? "no open incident" : "No device here is behind an SMMUv3", out);
	fputs("</h1>\n<p class=\"lead\">", out);
	utc(out, l, l->now_ns);
	fputs(", Linux ", out);
	html__text(out, l->kernel);
	fputs(", source of events: ", out);
	html__text(out, l->source ? l->source : "none");
	fputs(", atcq ", out);
	html__text(out, l->version);
	fputs("</p>\n<nav><a href=\"/metrics\">metrics</a> <a href=\"/healthz\">healthz</a> <a href=\"/readyz\">readyz</a></nav>\n</header>\n", out);
	if (l->not_ready_reason) {
		fputs("<p class=\"alert trouble\">", out);
		html__text(out, l->not_ready_reason);
		fputs("</p>\n", out);
	}
}

static void armed(FILE *out, const struct landing *l)
{
	for (size_t i = 0; i < l->narmed; i++) {
		const struct landing_armed *a = &l->armed[i];

		fputs("<p class=\"alert armed\">Armed: <b>", out);
		html__text(out, a->faults);
		fputs("</b> on ", out);
		html__text(out, a->devices);
		fprintf(out, ", by process %d, ", a->pid);
		if (a->deadline_ns > l->now_ns) {
			fputs("for ", out);
			duration(out, (a->deadline_ns - l->now_ns) / 1000000 * 1000000);
			fputs(" more", out);
		} else {
			fputs("<span class=\"bad\">past its time</span>", out);
		}
		fprintf(out, ". <code>atcq inject --stop %d</code> ends it.</p>\n", a->pid);
	}
}

static void phases(FILE *out, const struct incident *inc)
{
	uint64_t first = 0;

	for (int p = 0; p < PHASE_MAX; p++)
		if (inc->phase_ns[p] && (!first || inc->phase_ns[p] < first))
			first = inc->phase_ns[p];
	if (!first)
		return;
	fputs("<ol class=\"phases\">", out);
	for (int p = 0; p < PHASE_MAX; p++) {
		if (!inc->phase_ns[p])
			continue;
		fprintf(out, "<li><b>%s</b>+", phase__name(p));
		duration(out, inc->phase_ns[p] - first);
		fputs("</li>", out);
	}
	fputs("</ol>\n", out);
}

static void incident(FILE *out, const struct landing *l, const struct incident *inc)
{
	bool over = inc->state == INCIDENT_RECOVERED || inc->state == INCIDENT_INNOCENT;
	char bdf[16], id[96];

	incident__bdf(inc, bdf);
	incident__id(inc, l->boot_id, id, sizeof(id));
	fprintf(out, "<article class=\"incident%s\">\n<h3>%s <span class=\"%s\">%s</span>%s%s</h3>\n<p class=\"note\">",
		inc->closed ? "" : " open", bdf, over ? "good" : "bad", incident_state__name(inc->state),
		inc->injected ? "<span class=\"tag\">injected</span>" : "",
		inc->incomplete ? "<span class=\"tag\">incomplete</span>" : "");
	utc(out, l, inc->opened_ns);
	fprintf(out, ", %u timeout%s, %u CMDQ error%s", inc->atc_timeouts, inc->atc_timeouts == 1 ? "" : "s",
		inc->cmdq_errors, inc->cmdq_errors == 1 ? "" : "s");
	fputs(", incident <code>", out);
	html__text(out, id);
	fputs("</code></p>\n", out);
	phases(out, inc);
	fputs("</article>\n", out);
}

static void open_incidents(FILE *out, const struct landing *l)
{
	size_t n = l->tracker ? tracker__open_count(l->tracker) : 0;

	fputs("<section class=\"now\">\n<h2>Open incidents</h2>\n", out);
	if (!n)
		fputs("<p class=\"empty\">None.</p>\n", out);
	for (size_t i = 0; i < n && i < LANDING_OPEN; i++)
		incident(out, l, tracker__open_at(l->tracker, i));
	if (n > LANDING_OPEN)
		fprintf(out, "<p class=\"note\">... and %zu more: <code>atcq top</code></p>\n", n - LANDING_OPEN);
	fputs("</section>\n", out);
}

static void last_incidents(FILE *out, const struct landing *l)
{
	fputs("<section class=\"last\">\n<h2>Last incidents</h2>\n", out);
	if (!l->last->n)
		fputs("<p class=\"empty\">None since this daemon started. <code>atcq report --db FILE</code> knows those before.</p>\n", out);
	for (uint64_t i = l->last->n; i > 0 && l->last->n - i < LANDING_LAST; i--)
		incident(out, l, &l->last->inc[(i - 1) % LANDING_LAST]);
	fputs("</section>\n", out);
}

static void device(FILE *out, const struct landing *l, const struct device *d)
{
	fprintf(out, "<tr><td>%s</td><td data-of=\"state\"><span class=\"%s\">%s</span>", d->bdf,
		!d->state_known ? "" : d->blocked ? "bad" : "good", device__state_name(d));
	if (d->blocked_since_ns && d->blocked_since_ns <= l->now_ns) {
		fputs(" since ", out);
		utc(out, l, d->blocked_since_ns);
	}
	fprintf(out, "</td><td data-of=\"ATS\">%s</td><td>", ats_state__name(d->ats));
	html__text(out, d->name);
	fputs("</td><td data-of=\"driver\">", out);
	html__text(out, *d->driver ? d->driver : "none");
	fputs("</td><td data-of=\"behind\">", out);
	html__text(out, d->smmu_name);
	fputs("</td></tr>\n", out);
}

static void devices(FILE *out, const struct landing *l)
{
	size_t shown = 0;

	fputs("<section class=\"devices\">\n<h2>Devices</h2>\n", out);
	if (!l->inv->ndev) {
		fprintf(out, "<p class=\"empty\">%s</p>\n</section>\n", l->inv->nsmmu ?
			"No PCI device is behind an SMMUv3 of this machine." : "This machine has no SMMUv3 in use.");
		return;
	}
	fputs("<table><thead><tr><th>address</th><th>state</th><th>ATS</th><th>name</th><th>driver</th><th>SMMU</th></tr></thead><tbody>\n", out);
	for (int healthy = 0; healthy < 2; healthy++)
		for (size_t i = 0; i < l->inv->ndev && shown < LANDING_DEVICES; i++)
			if (is_healthy(&l->inv->dev[i]) == healthy) {
				device(out, l, &l->inv->dev[i]);
				shown++;
			}
	fputs("</tbody></table>\n", out);
	if (shown < l->inv->ndev)
		fprintf(out, "<p class=\"note\">... and %zu more: <code>atcq list</code></p>\n", l->inv->ndev - shown);
	fputs("</section>\n", out);
}

int landing__write(FILE *out, const struct landing *l)
{
	head(out, l);
	armed(out, l);
	open_incidents(out, l);
	last_incidents(out, l);
	devices(out, l);
	fputs("</main>\n</body>\n</html>\n", out);
	return file__flush(out);
}

static void join(char *out, size_t len, const char *word)
{
	size_t n = strlen(out);

	if (!word || strstr(out, word))
		return;
	snprintf(out + n, len - n, "%s%s", n ? ", " : "", word);
}

static int on_armed(void *ctx, const struct registry_entry *what)
{
	struct landing *l = ctx;
	struct landing_armed *a = &l->armed[l->narmed];
	json_t *rule, *name;
	size_t i, k;

	if (l->narmed == LANDING_ARMED)
		return 0;
	*a = (struct landing_armed){ .pid = what->pid, .deadline_ns = what->deadline_ns };
	json_array_foreach(what->rules, i, rule) {
		join(a->faults, sizeof(a->faults), json_string_value(json_object_get(rule, "fault")));
		json_array_foreach(json_object_get(rule, "devices"), k, name)
			join(a->devices, sizeof(a->devices), json_string_value(name));
	}
	l->narmed++;
	return 0;
}

void landing__read_armed(struct landing *l, const char *dir)
{
	l->narmed = 0;
	registry__each(dir, on_armed, l);
}
