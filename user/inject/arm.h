/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Arms the rules of a plan.  What is armed lives exactly as long as this process
 * and this object: BPF links are not pinned, and the descriptor of the kernel's
 * enable file is closed on exec.  The index of the rules is written last: until
 * then no hook finds any, so that nothing is ever half-armed.
 */
#ifndef ATCQ_ARM_H
#define ATCQ_ARM_H

#include <atcq/sweep.h>

#include "lib/log.h"
#include "plan.h"

struct arm;

/*
 * 0, or -errno with one sentence in @err and nothing left armed:
 * -EOPNOTSUPP the kernel has no such fault point, -EPERM not for this process.
 */
int arm__check(const struct plan *plan, struct error *err);	/* arms nothing */

/* Told of each decision, if asked for; return 0 or -errno to stop */
typedef int (*arm_decision_fn)(void *ctx, const struct atcq_decision *d);

/* Loads everything.  @explain may be NULL.  The plan is not needed any more afterwards. */
int arm__new(struct arm **out, const struct plan *plan, arm_decision_fn explain, void *ctx,
	     struct error *err);

/*
 * The same by call stack: the rules count and fire for calls with the stack
 * @wanted (a key of arm__each_stack()) only. With 0 nothing fires, and all stacks
 * from which calls for the rules' devices come are learned. @hook_code: of each
 * fault point, by its number; @cuts: functions at which a stack ends.
 */
struct arm_stacks {
	uint64_t wanted;
	struct atcq_range hook_code[ATCQ_FAULTS], cuts[ATCQ_MAX_CUTS];
};
int arm__new_by_stack(struct arm **out, const struct plan *plan, const struct arm_stacks *by,
		      struct error *err);

/* Return 0, or -errno to stop */
typedef int (*arm_stack_fn)(void *ctx, uint64_t key, const struct atcq_stack *stack);

/* Calls @fn for each stack that was learned; @missed: calls that there was no room for */
int arm__each_stack(const struct arm *arm, arm_stack_fn fn, void *ctx, uint64_t *missed);

/* The hooks are there, and find no rule; takes seconds on a slow kernel.  0, or -errno with a sentence */
int arm__attach(struct arm *arm, struct error *err);

/*
 * From now on rules fire, until @deadline_ns (CLOCK_BOOTTIME) at the latest; 0, or
 * -errno with a sentence: then none does
 */
int arm__start(struct arm *arm, uint64_t deadline_ns, struct error *err);

int arm__state(const struct arm *arm, size_t rule, struct atcq_rule_state *out);
uint32_t arm__states_id(const struct arm *arm);	/* of the BPF map, for other processes; 0: unknown */

/* Hands on decisions, waits for them up to @timeout_ms; 0 or -errno */
int arm__poll(struct arm *arm, int timeout_ms);

/* Nothing fires any more when this returns; states can still be read, and are the last */
void arm__stop(struct arm *arm);

void arm__free(struct arm *arm);	/* disarms; NULL is fine */

/* The states of another process' rules, by the map's id: how many, or -errno */
int arm__foreign_states(uint32_t states_id, struct atcq_rule_state *out, size_t n);

#endif
