/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What there is to try: the call stacks that reach fault points, and of each the
 * first few occurrences.  Pure; ids are the same in each boot of a kernel.
 */
#ifndef ATCQ_CASES_H
#define ATCQ_CASES_H

#include <stddef.h>
#include <stdint.h>

#include <atcq/sweep.h>

#include "inject/fault_point.h"
#include "source/kernel.h"

struct sweep_stack {
	const struct fault_point *point;
	uint64_t key;			/* in BPF's map, in this boot */
	uint64_t count;			/* occurrences while it was learned */
	char id[9];
	char *frames;			/* "caller+0x1c its_caller+0x8 ..." */
};

struct sweep_case {
	size_t stack;
	unsigned int nth;		/* from 1 */
	char id[48];			/* "atc-timeout:1f0c83aa:1" */
};

struct sweep_cases {
	struct sweep_stack *stack;
	size_t nstacks;
	struct sweep_case *c;
	size_t n;
};

/* Functions that a stack ends at, see ATCQ_MAX_CUTS; NULL behind the last */
extern const char *const sweep_cuts[];

/*
 * Adds a stack.  @hook_code: the code of the fault points, by their number; @cuts:
 * where stacks end.  0 or -ENOMEM; a stack of an unknown fault is left out.
 */
int cases__add_stack(struct sweep_cases *cases, const struct ksyms *k,
		     const struct atcq_range *hook_code, const struct atcq_range *cuts,
		     uint64_t key, const struct atcq_stack *raw);

/* Told what is left out, and why: a sentence */
typedef void (*left_out_fn)(void *ctx, const char *text);

/*
 * Sorts the stacks and makes the cases: of each fault point at most @stacks call
 * stacks (0: all), of each of them the first @up_to occurrences.  0 or -ENOMEM.
 */
int cases__make(struct sweep_cases *cases, uint64_t stacks, uint64_t up_to,
		left_out_fn fn, void *ctx);

void cases__free(struct sweep_cases *cases);

#endif
