// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/text.h"
#include "sweep.h"

/* The ways into interrupts, of arm64 and of all kernels */
const char *const sweep_boundaries[] = {
	"el1_interrupt", "el0_interrupt", "el1h_64_irq", "el0t_64_irq", "call_on_irq_stack",
	"handle_softirqs", NULL
};

static bool inside(uint64_t ip, const struct atcq_range *range)
{
	return ip >= range->begin && ip < range->end;
}

static bool is_boundary(uint64_t ip, const struct atcq_range *boundaries)
{
	for (int i = 0; i < ATCQ_MAX_CUTS; i++)
		if (inside(ip, &boundaries[i]))
			return true;
	return false;
}

/* The functions as sweep.bpf.c counts them; NULL: out of memory */
static char *name_frames(const struct ksyms *k, const struct atcq_range *hook,
			 const struct atcq_range *boundaries, const struct atcq_stack *raw)
{
	char *frames = calloc(1, ATCQ_STACK_DEPTH * 96), *to = frames;
	bool past_hook = false;
	char name[96];

	for (int i = 0; frames && i < ATCQ_STACK_DEPTH && raw->ip[i]; i++) {
		if (!past_hook) {
			past_hook = inside(raw->ip[i], hook);
			continue;
		}
		if (is_boundary(raw->ip[i], boundaries))
			break;
		ksyms__name(k, raw->ip[i], name, sizeof(name));
		to += sprintf(to, "%s%.94s", to == frames ? "" : " ", name);
	}
	return frames;
}

int cases__add_stack(struct sweep_cases *cases, const struct ksyms *k,
		     const struct atcq_range *hook_code, const struct atcq_range *boundaries,
		     uint64_t key, const struct atcq_stack *raw)
{
	const struct fault_point *point = fault_point__by_number(raw->fault);
	struct sweep_stack *s;
	char *frames;

	if (!point || raw->fault >= ATCQ_FAULTS)
		return 0;
	frames = name_frames(k, &hook_code[raw->fault], boundaries, raw);
	s = realloc(cases->stack, (cases->nstacks + 1) * sizeof(*s));
	if (s)
		cases->stack = s;
	if (!s || !frames) {
		free(frames);
		return -ENOMEM;
	}
	s += cases->nstacks++;
	*s = (struct sweep_stack) { .point = point, .key = key, .count = raw->count, .frames = frames };
	snprintf(s->id, sizeof(s->id), "%08" PRIx32, fnv32__add(FNV32_BASIS, frames, strlen(frames)));
	return 0;
}

/* By fault point in the order of an incident's phases, then by id, so that all boots agree */
static int compare(const void *a, const void *b)
{
	const struct sweep_stack *l = a, *r = b;

	if (l->point != r->point)
		return l->point < r->point ? -1 : 1;
	return strcmp(l->id, r->id);
}

static int add_case(struct sweep_cases *cases, size_t stack, unsigned int nth)
{
	struct sweep_case *c = realloc(cases->c, (cases->n + 1) * sizeof(*c));

	if (!c)
		return -ENOMEM;
	cases->c = c;
	c += cases->n++;
	c->stack = stack;
	c->nth = nth;
	snprintf(c->id, sizeof(c->id), "%s:%s:%u", cases->stack[stack].point->name,
		 cases->stack[stack].id, nth);
	return 0;
}

static void report_left_out(const struct sweep_cases *cases, size_t first, uint64_t stacks,
			    left_out_fn fn, void *ctx)
{
	size_t all = 0;
	char text[160];

	while (first + all < cases->nstacks && cases->stack[first + all].point == cases->stack[first].point)
		all++;
	if (!stacks || all <= stacks)
		return;
	snprintf(text, sizeof(text), "%s: %zu of its %zu call stacks (--stacks %" PRIu64 ")",
		 cases->stack[first].point->name, (size_t)(all - stacks), all, stacks);
	fn(ctx, text);
}

int cases__make(struct sweep_cases *cases, uint64_t stacks, uint64_t up_to, left_out_fn fn, void *ctx)
{
	const struct fault_point *point = NULL;
	uint64_t nth_stack = 0;
	char text[160];

	if (cases->nstacks)
		qsort(cases->stack, cases->nstacks, sizeof(*cases->stack), compare);
	for (size_t i = 0; i < cases->nstacks; i++) {
		const struct sweep_stack *s = &cases->stack[i];
		uint64_t n = s->count < up_to ? s->count : up_to;

		if (s->point != point) {
			point = s->point;
			nth_stack = 0;
			report_left_out(cases, i, stacks, fn, ctx);
		}
		if (stacks && nth_stack++ >= stacks)
			continue;
		for (unsigned int nth = 1; nth <= n; nth++)
			if (add_case(cases, i, nth))
				return -ENOMEM;
		if (s->count > n) {
			snprintf(text, sizeof(text), "%s:%s: the occurrences behind the first %" PRIu64 ", of %" PRIu64 " (--up-to)",
				 s->point->name, s->id, n, s->count);
			fn(ctx, text);
		}
	}
	return 0;
}

void cases__free(struct sweep_cases *cases)
{
	for (size_t i = 0; i < cases->nstacks; i++)
		free(cases->stack[i].frames);
	free(cases->stack);
	free(cases->c);
	memset(cases, 0, sizeof(*cases));
}

static const char *const names[] = {
	[SWEEP_OK] = "ok", [SWEEP_VIOLATED] = "violated", [SWEEP_WORKLOAD] = "workload-failed",
	[SWEEP_NOT_CLEAN] = "not-clean", [SWEEP_NOT_CHECKED] = "not-judged",
	[SWEEP_NEVER_FIRED] = "never-fired",
};

/* A workload that dies of a signal is not excused by a device that is gone */
static bool workload_failed(const struct run_observations *f)
{
	return f->timed_out || f->status > 128 || (f->status && !f->taken);
}

enum sweep_verdict sweep__verdict(const struct run_observations *f, char *reason, size_t len)
{
	*reason = '\0';
	if (*f->kernel_warning) {
		snprintf(reason, len, "the kernel complains: %s", f->kernel_warning);
		return SWEEP_VIOLATED;
	}
	if (f->violations) {
		snprintf(reason, len, "%zu violation(s)", f->violations);
		return SWEEP_VIOLATED;
	}
	if (*f->unclean.text) {
		snprintf(reason, len, "%s", f->unclean.text);
		return SWEEP_NOT_CLEAN;
	}
	if (workload_failed(f)) {
		if (f->timed_out)
			snprintf(reason, len, "the workload did not end within --limit");
		else if (f->status > 128)
			snprintf(reason, len, "signal %d killed the workload", f->status - 128);
		else
			snprintf(reason, len, "the workload ended with status %d%s", f->status,
				 f->discovery ? " without any fault" :
					       ", though no device was taken away from it");
		return SWEEP_WORKLOAD;
	}
	if (!f->discovery && !f->fired) {
		snprintf(reason, len, "never fired: the workload took another way this time");
		return SWEEP_NEVER_FIRED;
	}
	if (!f->events_complete) {
		snprintf(reason, len, "events were lost");
		return SWEEP_NOT_CHECKED;
	}
	return SWEEP_OK;
}

const char *sweep_verdict__name(enum sweep_verdict v)
{
	return names[v];
}

enum sweep_verdict sweep_verdict__by_name(const char *name)
{
	for (size_t i = 0; name && i < sizeof(names) / sizeof(names[0]); i++)
		if (!strcmp(names[i], name))
			return i;
	return SWEEP_NOT_CHECKED;
}

bool sweep_verdict__is_bad(enum sweep_verdict v)
{
	return v == SWEEP_VIOLATED || v == SWEEP_WORKLOAD || v == SWEEP_NOT_CLEAN;
}
