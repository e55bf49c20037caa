// SPDX-License-Identifier: GPL-2.0-only
/* Arms the faults, waits until they are over, and prints how often each fired. */
#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <string.h>
#include <unistd.h>

#include "inject.h"
#include "inject/arm.h"
#include "inject/in_use.h"
#include "lib/clock.h"
#include "lib/file.h"
#include "lib/log.h"
#include "lib/process.h"

#define DEVICE_REMOVED "device removed"

struct injection {
	const struct inject_opts *o;
	const struct plan *plan;
	struct arm *arm;
	struct present present;
	uint64_t deadline_ns, started_ns, printed_ns, checked_ns;
	uint64_t armed_ns, disarmed_ns;	/* from then on, until then at the latest */
	struct atcq_rule_state st[ATCQ_MAX_RULES];
};

static const char *outcome_name(uint32_t outcome)
{
	static const char *const names[] = {
		[ATCQ_OUT_FIRED] = "fired", [ATCQ_OUT_NO_MATCH] = "no match",
		[ATCQ_OUT_EXPIRED] = "expired", [ATCQ_OUT_SPACE] = "skipped by space",
		[ATCQ_OUT_NTH] = "skipped by nth", [ATCQ_OUT_INTERVAL] = "skipped by interval",
		[ATCQ_OUT_PROBABILITY] = "skipped by probability", [ATCQ_OUT_EXHAUSTED] = "exhausted",
	};

	return outcome < sizeof(names) / sizeof(names[0]) ? names[outcome] : "?";
}

static const struct device *device_of(const struct injection *in, const struct atcq_decision *d)
{
	if (in->plan->rule[d->rule]->point->kind == ATCQ_TARGET_STREAM)
		return inventory__by_sid(in->plan->inv, d->unit, d->id);
	return inventory__by_addr(in->plan->inv, d->unit, d->id);
}

/* A decision, for --explain */
static int explain(void *ctx, const struct atcq_decision *d)
{
	const struct injection *in = ctx;
	const struct device *dev;
	const char *name;

	if (d->rule >= in->plan->nrules)
		return 0;
	dev = device_of(in, d);
	name = in->plan->rule[d->rule]->point->name;
	if (in->o->json)
		return json__line(stdout, json_pack("{s:I, s:i, s:s, s:s?, s:s, s:I, s:i}",
			"time_ns", (json_int_t)d->time_ns, "rule", (int)d->rule + 1, "fault", name,
			"device", dev ? dev->bdf : NULL, "outcome", outcome_name(d->outcome),
			"match", (json_int_t)d->match, "cpu", (int)d->cpu));
	printf("%+13.3f ms  rule %u  %s  %s  cpu %u  ", (double)(int64_t)(d->time_ns - in->started_ns) / 1e6,
	       d->rule + 1, name, dev ? dev->bdf : "-", d->cpu);
	if (d->outcome == ATCQ_OUT_NO_MATCH)
		printf("%s\n", outcome_name(d->outcome));
	else
		printf("match %" PRIu64 ": %s\n", (uint64_t)d->match + 1, outcome_name(d->outcome));
	return 0;
}

static int read_states(struct injection *in)
{
	int ret = 0;

	for (size_t i = 0; i < in->plan->nrules && !ret; i++)
		ret = arm__state(in->arm, i, &in->st[i]);
	return ret;
}

/* Have all rules that have a limit reached it? */
static bool all_done(const struct injection *in)
{
	for (size_t i = 0; i < in->plan->nrules; i++)
		if (!in->plan->bpf[i].times || in->st[i].fired < in->plan->bpf[i].times)
			return false;
	return true;
}

/* How far it is, on a terminal */
static void progress(struct injection *in)
{
	uint64_t now = clock__boottime_ns(), fired = 0;

	if (!isatty(STDERR_FILENO) || now - in->printed_ns < 200000000)
		return;
	in->printed_ns = now;
	for (size_t i = 0; i < in->plan->nrules; i++)
		fired += in->st[i].fired;
	fprintf(stderr, "\r\033[Kfired %" PRIu64 " time(s), %" PRIu64 " s left ", fired,
		in->deadline_ns > now ? (in->deadline_ns - now) / 1000000000 : 0);
}

/* Those that rules are for one by one; a rule for a whole SMMU does not end with one of them */
static int note_devices(struct injection *in, struct error *err)
{
	int ret = 0;

	in->present.sysfs = "/sys";
	for (size_t i = 0; i < in->plan->inv->ndev && !ret; i++) {
		if (!(in->plan->hit[i] & ~in->plan->index.any_target))
			continue;
		ret = present__add(&in->present, in->plan->inv->dev[i].bdf);
		if (ret)
			error__describe(err, "%s: %s", in->plan->inv->dev[i].bdf,
					ret == -ENOENT ? "was removed" : strerror(-ret));
	}
	return ret;
}

/* Once every 50 ms: it takes a system call for each device */
static const char *removed_device(struct injection *in)
{
	uint64_t now = clock__boottime_ns();

	if (now - in->checked_ns < 50000000)
		return NULL;
	in->checked_ns = now;
	return present__removed(&in->present);
}

/* Why it is over; NULL if its state cannot be read */
static const char *wait_over(struct injection *in)
{
	for (;;) {
		if (read_states(in) || arm__poll(in->arm, 5))
			return NULL;
		if (all_done(in))
			return "done";
		if (clock__boottime_ns() >= in->deadline_ns)
			return "time is over";
		if (process__interrupted())
			return "interrupted";
		if (removed_device(in))
			return DEVICE_REMOVED;
		progress(in);
	}
}

static int finish(const struct injection *in, const char *reason)
{
	char what[256];
	int ret = 0;

	for (size_t i = 0; i < in->plan->nrules; i++) {
		const struct atcq_rule_state *st = &in->st[i];

		plan__describe(in->plan, i, what, sizeof(what));
		if (in->o->json)
			json__line(stdout, json_pack("{s:i, s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:s, s:I, s:I}",
				"rule", (int)i + 1, "fault", in->plan->rule[i]->point->name, "on", what,
				"fired", (json_int_t)st->fired, "matched", (json_int_t)st->matched,
				"considered", (json_int_t)st->considered,
				"skipped", (json_int_t)st->skipped,
				"expired", (json_int_t)st->expired, "end", reason,
				"armed_ns", (json_int_t)in->armed_ns,
				"disarmed_ns", (json_int_t)in->disarmed_ns));
		else
			printf("%s on %s: fired %" PRIu64 " time(s) (%s); disarmed\n",
			       in->plan->rule[i]->point->name, what, (uint64_t)st->fired, reason);
		if (!st->fired)
			ret = EXIT_NO_DATA;
	}
	if (strcmp(reason, DEVICE_REMOVED))
		return ret;
	log__error("%s was removed: disarmed, since another device may come to its place",
		   present__removed(&in->present) ?: "a device");
	return EXIT_ENVIRONMENT;
}

static void print_armed(const struct injection *in)
{
	char ttl[32], what[256];

	if (in->o->json)
		return;
	duration__format(in->o->ttl, DURATION_EXACT, ttl, sizeof(ttl));
	for (size_t i = 0; i < in->plan->nrules; i++) {
		plan__describe(in->plan, i, what, sizeof(what));
		fprintf(stderr, "Armed %s on %s, ", in->plan->rule[i]->point->name, what);
		if (in->plan->bpf[i].times)
			fprintf(stderr, "%" PRIu64 " time(s), ", (uint64_t)in->plan->bpf[i].times);
		if (in->plan->bpf[i].probability < 100)
			fprintf(stderr, "%u %% with seed %" PRIu64 ", ", in->plan->bpf[i].probability,
				(uint64_t)in->plan->bpf[i].seed);
		fprintf(stderr, "at most %s.%s\n", ttl, i + 1 == in->plan->nrules ? " Ctrl-C disarms." : "");
	}
}

int inject__run(const struct inject_opts *o, const struct plan *plan)
{
	struct injection in = { .o = o, .plan = plan };
	struct registry_entry what = { .pid = getpid() };
	struct registry_file *file = NULL;
	const char *reason = NULL;
	struct error err = { "" };
	int ret = plan__refusal(plan, o->max_devices, o->force);

	if (ret)
		return ret;
	ret = EXIT_ENVIRONMENT;
	what.rules = plan__rules(plan);
	if (note_devices(&in, &err) ||
	    arm__new(&in.arm, plan, o->explain ? explain : NULL, &in, &err) ||
	    arm__attach(in.arm, &err))
		goto out;
	/* What it took to get here is not the faults' time */
	in.started_ns = what.started_ns = clock__boottime_ns();
	in.deadline_ns = what.deadline_ns = in.started_ns + o->ttl;
	what.states_id = arm__states_id(in.arm);
	if (registry__create(&file, REGISTRY_DIR, &what, &err) ||
	    arm__start(in.arm, in.deadline_ns, &err))
		goto out;
	in.armed_ns = clock__boottime_ns();
	print_armed(&in);
	reason = wait_over(&in);
	arm__stop(in.arm);
	in.disarmed_ns = clock__boottime_ns();
	if (in.printed_ns)
		fputs("\r\033[K", stderr);
	if (!reason)
		error__describe(&err, "the state of the rules cannot be read");
	/* Once more: a rule may have fired until it was disarmed */
	else if (!read_states(&in))
		arm__poll(in.arm, 0);
out:
	arm__free(in.arm);
	registry__remove(file);
	json_decref(what.rules);
	if (reason)
		ret = finish(&in, reason);
	else
		log__error("%s", err.text);
	present__free(&in.present);
	return ret;
}
