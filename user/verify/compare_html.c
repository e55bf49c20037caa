// SPDX-License-Identifier: GPL-2.0-only
/* A comparison as one page, without network or script. */
#include <math.h>
#include <string.h>

#include "compare.h"
#include "lib/file.h"
#include "lib/log.h"

/* Made from user/verify and user/report by the Makefile */
static const char diff_html[] =
#include "diff.html.h"
;
static const char report_css[] =
#include "report.css.h"
;

struct diff_page {
	FILE *out;
	const struct comparison *g;
	bool forced;
};

static const char *const classes[] = {
	[COMPARISON_SAME] = "same", [COMPARISON_BETTER] = "better", [COMPARISON_WORSE] = "worse",
	[COMPARISON_NOT_ENOUGH] = "unknown", [COMPARISON_INFORMS] = "informs",
};

static void title(const struct diff_page *p)
{
	FILE *out = p->out;

	fputs("atcq diff: Linux ", out);
	html__text(out, p->g->base->env.kernel);
	fputs(" and ", out);
	html__text(out, p->g->now->env.kernel);
}

static void css(const struct diff_page *p)
{
	fputs(report_css, p->out);
}

static void summary(const struct diff_page *p)
{
	FILE *out = p->out;
	char text[160];

	comparison__summary(p->g, text, sizeof(text));
	html__text(out, text);
}

static void side(FILE *out, const char *name, const struct results *r)
{
	fprintf(out, "%s: Linux ", name);
	html__text(out, r->env.kernel);
	fputc(' ', out);
	html__text(out, r->env.build);
}

static void lead(const struct diff_page *p)
{
	FILE *out = p->out;

	side(out, "Base", p->g->base);
	fputs("<br>", out);
	side(out, "New", p->g->now);
}

static void alert(FILE *out, const char *name, const char *reason)
{
	fputs("<p class=\"alert\"><b>", out);
	html__text(out, name);
	fputs("</b> ", out);
	html__text(out, reason);
	fputs("</p>\n", out);
}

static void alerts(const struct diff_page *p)
{
	FILE *out = p->out;
	const struct comparison *g = p->g;
	char reason[256];

	for (size_t i = 0; i < g->nscenario; i++)
		if (g->scenario[i].exit != EXIT_OK)
			alert(out, g->scenario[i].name, g->scenario[i].reason);
	for (size_t i = 0; p->forced && i < g->ndifference; i++) {
		snprintf(reason, sizeof(reason), "differs: '%s' and '%s'; the comparison was forced",
			 g->difference[i].a, g->difference[i].b);
		alert(out, g->difference[i].field, reason);
	}
}

/* The farthest from 1 that a figure has to show */
static double reach(const struct comparison_metric *m)
{
	double most = 1.5 * m->margin;

	for (size_t i = 0; i < m->base.n; i++)
		most = fmax(most, fabs(m->base_boots[i] / m->base.mean - 1));
	for (size_t i = 0; i < m->now.n; i++)
		most = fmax(most, fabs(m->now_boots[i] / m->base.mean - 1));
	return 1.05 * fmax(most, fmax(fabs(m->ratio.low - 1), fabs(m->ratio.high - 1)));
}

static double at(double ratio, double most)
{
	return 50 + 50 * (ratio - 1) / most;
}

static void boots(FILE *out, const double *v, size_t n, double mean, double most, int y, const char *class)
{
	for (size_t i = 0; i < n; i++)
		fprintf(out, "<circle class=\"boot %s\" cx=\"%.2f%%\" cy=\"%d\" r=\"2.5\"/>", class,
			at(v[i] / mean, most), y);
}

/* Base's boots above, New's below, the interval in between, over the margin */
static void figure(FILE *out, const struct comparison_metric *m)
{
	double most = reach(m), from = at(1 - m->margin, most), to = at(1 + m->margin, most);

	fprintf(out, "<svg role=\"img\" aria-label=\"change %+.2f %%\">", (m->ratio.value - 1) * 100);
	fprintf(out, "<rect class=\"margin\" x=\"%.2f%%\" y=\"0\" width=\"%.2f%%\" height=\"34\"/>", from, to - from);
	fputs("<line class=\"zero\" x1=\"50%\" x2=\"50%\" y1=\"0\" y2=\"34\"/>", out);
	boots(out, m->base_boots, m->base.n, m->base.mean, most, 6, "base");
	boots(out, m->now_boots, m->now.n, m->base.mean, most, 28, "new");
	/* Wide enough to be seen, also if there is no variation at all */
	fprintf(out, "<line class=\"interval %s\" x1=\"%.2f%%\" x2=\"%.2f%%\" y1=\"17\" y2=\"17\"/></svg>",
		classes[m->verdict], at(m->ratio.low, most) - 0.4, at(m->ratio.high, most) + 0.4);
}

static void mean(FILE *out, const struct moments *m)
{
	char text[32];

	format_mean(m->mean, text, sizeof(text));
	fprintf(out, "<td class=\"num\">%s<br><small>%zu boot%s</small></td>", m->n ? text : "–", m->n,
		m->n == 1 ? "" : "s");
}

static void row(FILE *out, const struct comparison_metric *m)
{
	char change[32] = "–", low[32], high[32];

	fputs("<tr><td><b>", out);
	html__text(out, m->name);
	fputs("</b></td>", out);
	mean(out, &m->base);
	mean(out, &m->now);
	if (m->ratio.kind == RATIO_INTERVAL) {
		format_change(m->ratio.value, change, sizeof(change));
		format_change(m->ratio.low, low, sizeof(low));
		format_change(m->ratio.high, high, sizeof(high));
		fprintf(out, "<td class=\"num\">%s<br><small>%s to %s</small></td><td class=\"num\">±%.2f %%</td><td class=\"change\">",
			change, low, high, m->margin * 100);
		figure(out, m);
		fputs("</td>", out);
	} else {
		fputs("<td class=\"num\">–</td><td class=\"num\">–</td><td></td>", out);
	}
	fprintf(out, "<td><span class=\"badge %s\">%s</span> <small>", classes[m->verdict],
		comparison_verdict__name(m->verdict));
	html__text(out, m->reason);
	fputs("</small></td></tr>\n", out);
}

static void scenarios(const struct diff_page *p)
{
	FILE *out = p->out;
	const struct comparison *g = p->g;

	for (size_t i = 0; i < g->nscenario; i++) {
		bool any = false;

		fputs("<section><h2>", out);
		html__text(out, g->scenario[i].name);
		fputs("</h2>\n", out);
		for (size_t k = 0; k < g->nmetric; k++) {
			if (strcmp(g->metric[k].scenario, g->scenario[i].name))
				continue;
			if (!any)
				fputs("<div class=\"scroll\"><table><thead><tr><th>Metric</th><th class=\"num\">Base</th><th class=\"num\">New</th><th class=\"num\">Change</th><th class=\"num\">Margin</th><th class=\"change\">Boots and interval</th><th>Verdict</th></tr></thead><tbody>\n", out);
			any = true;
			row(out, &g->metric[k]);
		}
		fputs(any ? "</tbody></table></div></section>\n" : "<p class=\"empty\">Nothing was measured.</p></section>\n", out);
	}
}

static void how(const struct diff_page *p)
{
	FILE *out = p->out;

	fprintf(out, "Less is better. Each ring is a boot: those of the base above, those of the new kernel below, both relative to the "
		"base's mean. The bar is the interval of the ratio of the means, and all bars of gated metrics hold "
		"together with a probability of %.0f %%. A bar beyond the band, which is the margin, is worse (to its right) or "
		"better; one within it is the same; any other needs more boots.", (1 - p->g->opts.alpha) * 100);
}

static void environment_row(FILE *out, const char *name, const char *value)
{
	fprintf(out, "<dt>%s</dt><dd>", name);
	html__text(out, *value ? value : "unknown");
	fputs("</dd>\n", out);
}

static void made(const struct diff_page *p)
{
	FILE *out = p->out;
	const struct results_env *e = &p->g->now->env;
	char text[32];

	snprintf(text, sizeof(text), "%u", e->cpus);
	environment_row(out, "Clock", strcmp(e->clock, "icount") ? e->clock : "icount: 1 ns is 1 instruction");
	environment_row(out, "CPUs", text);
	environment_row(out, "Machine", e->machine);
	environment_row(out, "Source", e->source);
	environment_row(out, "Configuration", e->config);
	environment_row(out, "atcq", e->atcq);
	for (size_t i = 0; i < e->tools.n; i++) {
		fputs("<dt>", out);
		html__text(out, e->tools.v[i].key);
		fputs("</dt><dd>", out);
		html__text(out, e->tools.v[i].value);
		fputs("</dd>\n", out);
	}
}

static void part(void *ctx, const char *name)
{
	static const struct {
		const char *name;
		void (*write)(const struct diff_page *p);
	} parts[] = {
		{ "title", title }, { "css", css }, { "summary", summary }, { "lead", lead },
		{ "alerts", alerts }, { "scenarios", scenarios }, { "how", how }, { "made", made },
	};

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		if (!strcmp(parts[i].name, name))
			parts[i].write(ctx);
}

int comparison__html(FILE *out, const struct comparison *g, bool forced)
{
	struct diff_page p = { out, g, forced };

	template__fill(out, diff_html, part, &p);
	return file__flush(out);
}
