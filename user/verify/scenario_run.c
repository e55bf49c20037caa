// SPDX-License-Identifier: GPL-2.0-only
/* All scenarios of a run, one after the other. */
#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "inject/in_use.h"
#include "lib/clock.h"
#include "lib/log.h"
#include "lib/process.h"
#include "scenario.h"
#include "scenario_internal.h"
#include "source/kernel.h"

struct session {
	const struct scenario_opts *o;
	const struct given *given;
	struct monitor monitor;
	struct scenario_run x;
	struct results *results;
	struct outcome *out;
	size_t nrun;			/* scenarios, so far */
	const char *stuck;		/* why no further scenario can run, or NULL */
};

static void keep(struct latencies *of, uint64_t value)
{
	double *more = realloc(of->v, (of->n + 1) * sizeof(*more));

	if (!more)
		return;
	of->v = more;
	of->v[of->n++] = (double)value;
}

static void keep_latencies(struct scenario_run *x, const struct incident *inc)
{
	for (int l = 0; l < LAT_MAX; l++) {
		uint64_t ns;

		if (!incident__latency(inc, l, &ns))
			continue;
		keep(&x->latency[l], ns);
		if (x->s->expect.limit_ns[l] && ns > x->s->expect.limit_ns[l])
			run__fail(x, "%s took %.3f ms, more than %.3f ms", latency__name(l), (double)ns / 1e6,
				  (double)x->s->expect.limit_ns[l] / 1e6);
	}
}

static void on_incident(void *ctx, const struct incident *inc, enum phase phase)
{
	struct scenario_run *x = &((struct session *)ctx)->x;

	for (size_t i = 0; i < x->ndev && phase < PHASE_MAX; i++)
		if (x->dev[i].segment == inc->segment && x->dev[i].addr == inc->bdf)
			x->dev[i].seen[phase]++;
	if (phase != PHASE_MAX || !inc->closed || inc->state == INCIDENT_INNOCENT || !x->s)
		return;
	x->incomplete += inc->incomplete;
	keep_latencies(x, inc);
}

static void on_violation(void *ctx, const struct violation *v)
{
	struct scenario_run *x = &((struct session *)ctx)->x;

	if (!x->s || (v->which == INV_INCIDENT_ENDS && x->s->expect.count[COUNT_open].max))
		return;
	run__fail(x, "%s: %s", invariant__name(v->which), v->text);
}

static void add_reason(struct outcome *out, const char *text)
{
	char **more = realloc(out->reasons, (out->nreasons + 1) * sizeof(*more));

	if (!more)
		return;
	out->reasons = more;
	out->reasons[out->nreasons] = strdup(text);
	out->nreasons += out->reasons[out->nreasons] != NULL;
}

/* Each metric to measure must occur at least once per incident */
static void check_measured(struct scenario_run *x, struct outcome *out)
{
	char text[96];

	for (int l = 0; l < LAT_MAX && out->verdict == SCENARIO_OK; l++) {
		if (!x->s->measure[l] || x->latency[l].n)
			continue;
		snprintf(text, sizeof(text), "there is nothing to measure %s by", latency__name(l));
		add_reason(out, text);
		out->verdict = SCENARIO_ERROR;
	}
}

static int keep_metric(struct results_boot *boot, const char *name, const struct latencies *of)
{
	int ret = 0;

	for (size_t i = 0; i < of->n && !ret; i++)
		ret = results__value(boot, name, of->v[i]);
	return ret;
}

static int keep_results(struct session *s, const struct outcome *out)
{
	struct results_scenario *rs = results__scenario(s->results, out->s->name);
	struct results_boot *boot;
	char metric[40];
	int ret = rs ? results__verdict(rs, out->verdict, out->nreasons ? out->reasons[0] : "") : -ENOMEM;

	if (ret || out->verdict != SCENARIO_OK)
		return ret;
	boot = results__boot(rs, boot_id());
	if (!boot)
		return -ENOMEM;
	for (int l = 0; l < LAT_MAX && !ret; l++) {
		snprintf(metric, sizeof(metric), "%s_ns", latency__name(l));
		ret = keep_metric(boot, metric, &s->x.latency[l]);
	}
	if (!ret)
		ret = keep_metric(boot, "cmdq_errors", &s->x.errors);
	return ret ? ret : keep_metric(boot, "atc_timeouts", &s->x.timeouts);
}

/* Devices that the host uses are not broken, nor used by a workload, without --force */
static bool is_allowed(struct session *s)
{
	names_t taken = scenario__hurt(s->x.s);

	for (size_t i = 0; i < s->x.s->nworkloads; i++)
		if (s->x.s->workload[i].kind == WORK_UNMAPS)
			taken |= s->x.s->workload[i].names;
	for (size_t i = 0; i < s->x.ndev; i++)
		if (taken >> s->x.dev[i].request & 1 && in_use__refusal(s->x.dev[i].bdf, s->o->force))
			return false;
	return true;
}

/* Can it run here? If not, @out has the reason */
static bool prepare(struct session *s, const struct scenario *sc, struct outcome *out)
{
	struct scenario_run *x = &s->x;
	struct error err;

	*x = (struct scenario_run) { .s = sc, .monitor = &s->monitor, .kmsg = x->kmsg, .force = s->o->force,
			     .max_devices = s->o->max_devices, .log = json_array() };
	*out = (struct outcome) { .s = sc, .verdict = SCENARIO_SKIPPED };
	if (s->stuck) {
		error__describe(&err, "not run: %s", s->stuck);
		out->verdict = SCENARIO_ERROR;
	} else if (inventory__read(&x->inv, "/sys")) {
		error__describe(&err, "the devices cannot be read from /sys");
		out->verdict = SCENARIO_ERROR;
	} else if (!bind__needs(x, &err)) {
		switch (bind__devices(x, s->given, &err)) {
		case 0:
			if (is_allowed(s))
				return true;
			error__describe(&err, "the host uses a device that would be broken or taken; --force overrides this");
			out->verdict = SCENARIO_ERROR;
			break;
		case -EINVAL:
			out->verdict = SCENARIO_ERROR;
			break;
		}
	}
	add_reason(out, err.text);
	return false;
}

static void run_one(struct session *s, const struct scenario *sc, struct outcome *out)
{
	uint64_t started_ns = clock__boottime_ns(), repeat = s->o->repeat ? s->o->repeat : sc->repeat;
	struct scenario_run *x = &s->x;
	struct artifact art = { 0 };
	bool works = true, events_complete = true;

	if (prepare(s, sc, out)) {
		if (s->o->record)
			artifact__start(&art, s->o->record, sc->name);
		out->verdict = SCENARIO_OK;
		while (out->repetitions < repeat && works && !x->nreasons) {
			x->first = !out->repetitions && s->nrun++ == 0;
			works = repetition__run(x);
			events_complete &= x->events_complete;
			keep(&x->errors, x->totals.cmdq_errors);
			keep(&x->timeouts, x->totals.atc_timeouts);
			out->repetitions++;
		}
		for (size_t i = 0; i < x->nreasons; i++)
			add_reason(out, x->reasons[i]);
		if (x->nreasons)
			out->verdict = x->environment || x->interrupted ? SCENARIO_ERROR : SCENARIO_FAILED;
		else if (!events_complete) {
			add_reason(out, "events were lost, so that the invariants could not be checked");
			out->verdict = SCENARIO_ERROR;
		}
		check_measured(x, out);
		artifact__stop(&art, out, x->log);
		if (!works)
			s->stuck = "the devices do not work any more since an earlier scenario";
		if (x->interrupted)
			s->stuck = "interrupted";
	}
	out->took_ns = clock__boottime_ns() - started_ns;
	if (keep_results(s, out))
		log__warn("%s: its results could not be kept: out of memory", sc->name);
	for (int l = 0; l < LAT_MAX; l++)
		free(x->latency[l].v);
	free(x->errors.v);
	free(x->timeouts.v);
	inventory__free(&x->inv);
	json_decref(x->log);
	*x = (struct scenario_run) { .kmsg = x->kmsg };
}

static void run_all(struct session *s, const struct list *list)
{
	struct error err = { "" };

	scenario_output__plan(list->n);
	for (size_t i = 0; i < list->n; i++) {
		run_one(s, list->s[i], &s->out[i]);
		/* Before the outcome is printed: the reader may then stop the machine */
		if (s->o->json && results__write(s->results, s->o->json, &err))
			log__warn("%s", err.text);
		scenario_output__outcome(&s->out[i], i + 1);
	}
	scenario_output__summary(s->out, list->n);
}

static int exit_code(const struct outcome *out, size_t n)
{
	size_t failed = 0, errors = 0, ran = 0;

	for (size_t i = 0; i < n; i++) {
		failed += out[i].verdict == SCENARIO_FAILED;
		errors += out[i].verdict == SCENARIO_ERROR;
		ran += out[i].verdict == SCENARIO_OK;
	}
	if (failed)
		return EXIT_BEHAVIOUR;
	return errors ? EXIT_ENVIRONMENT : ran ? 0 : EXIT_NO_DATA;
}

static int write_all(struct session *s, size_t n)
{
	struct error err = { "" };
	char temporary[] = "/tmp/atcq-results-XXXXXX";
	const char *json = s->o->json;
	int ret = 0, fd = -1;

	if (s->o->github)
		github__write(s->out, n);
	if (s->o->junit && (ret = junit__write(s->o->junit, s->out, n))) {
		log__error("%s: %s", s->o->junit, strerror(-ret));
		return EXIT_ENVIRONMENT;
	}
	if (!json && s->o->baseline) {
		fd = mkstemp(temporary);
		json = temporary;
	}
	if (json && results__write(s->results, json, &err)) {
		log__error("%s", err.text);
		return EXIT_ENVIRONMENT;
	}
	if (s->o->baseline)
		ret = baseline__compare(s->o->baseline, json);
	if (fd >= 0) {
		close(fd);
		unlink(temporary);
	}
	return ret;
}

static int session(struct session *s, const struct list *list)
{
	int ret = monitor__open(&s->monitor, NULL, on_incident, s), compared;

	if (ret)
		return ret;
	s->monitor.violation = on_violation;
	s->x.kmsg = kmsg__open();
	s->results = results__new();
	s->out = calloc(list->n, sizeof(*s->out));
	if (!s->results || !s->out || results__env_here(s->results, source__kind_name(source__kind(s->monitor.src)))) {
		log__error("out of memory");
		return EXIT_ENVIRONMENT;
	}
	process__catch_signals();
	run_all(s, list);
	ret = exit_code(s->out, list->n);
	compared = write_all(s, list->n);
	/* A failure takes precedence over a regression */
	return ret == EXIT_BEHAVIOUR || !compared ? ret : compared;
}

static void end(struct session *s, size_t n)
{
	for (size_t i = 0; s->out && i < n; i++) {
		for (size_t k = 0; k < s->out[i].nreasons; k++)
			free(s->out[i].reasons[k]);
		free(s->out[i].reasons);
		free(s->out[i].artifacts);
	}
	free(s->out);
	results__free(s->results);
	monitor__close(&s->monitor);
	if (s->x.kmsg >= 0)
		close(s->x.kmsg);
}

/* Before anything is touched; 0 or an exit code after saying what is wrong */
static int check_given(struct given *g, const struct scenario_opts *o, const struct list *list)
{
	struct inventory inv = { 0 };
	struct error err = { "" };
	int ret = given__parse(g, o->device, &err);

	for (size_t i = 0; i < list->n && !ret; i++)
		ret = given__check_names(g, list->s[i], &err);
	/* A machine without an SMMU, or whose devices cannot be read, is not a wrong name */
	if (!ret && g->n && !o->list && !o->check && !inventory__read(&inv, "/sys"))
		for (size_t i = 0; i < list->n && inv.nsmmu && !ret; i++)
			ret = given__check_devices(g, list->s[i], &inv, &err);
	inventory__free(&inv);
	if (ret)
		log__error("%s", err.text);
	return ret ? EXIT_USAGE : 0;
}

int run__scenarios(const struct scenario_opts *o, int argc, char **argv)
{
	static struct session s;
	struct given given;
	struct list list;
	int ret = list__read(&list, o, argc, argv);

	if (!ret)
		ret = check_given(&given, o, &list);
	if (!ret && o->list)
		list__print(&list);
	else if (!ret && o->check)
		printf("%zu scenario(s) ok\n", list.n);
	else if (!ret) {
		s = (struct session) { .o = o, .given = &given, .x.kmsg = -1 };
		ret = session(&s, &list);
		end(&s, list.n);
	}
	list__free(&list);
	return ret;
}
