/* SPDX-License-Identifier: GPL-2.0-only */
/* Plans which rules apply to which devices, arms them, and registers which process armed what. */
#ifndef ATCQ_INJECT_ARM_H
#define ATCQ_INJECT_ARM_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <atcq/sweep.h>

#include "fault.h"
#include "lib/log.h"
#include "source/inventory.h"

/*
 * What rules mean on this machine: which devices each is for, which devices it
 * affects, and the maps that BPF decides by.  No I/O: it uses only the inventory.
 */

struct plan_target {
	struct atcq_target key;
	uint64_t rules;			/* a bit a rule */
};

struct plan {
	const struct inventory *inv;	/* borrowed, as long as the plan */
	const struct rule *rule[ATCQ_MAX_RULES];
	struct atcq_rule bpf[ATCQ_MAX_RULES];	/* without the deadline */
	struct atcq_rule_index index;
	size_t nrules;
	struct plan_target *target;
	size_t ntargets;
	uint64_t *hit;			/* by device of @inv: the rules that are for it */
	uint64_t *affected;		/* ... that it is in the blast radius of */
};

int plan__init(struct plan *p, const struct inventory *inv);	/* 0 or -ENOMEM */
void plan__free(struct plan *p);

/*
 * Adds a rule, which stays the caller's. 0, or with an error message in @err: -EINVAL
 * the rule is invalid here, -ENODATA the kernel does not publish enough about a
 * device, -ENOSPC one rule too many, -ENOMEM.
 */
int plan__add(struct plan *p, const struct rule *r, struct error *err);

/* Devices in the blast radius of any rule */
size_t plan__affected(const struct plan *p);

/* "0000:02:00.0 0000:03:00.0", what rule @i is for; "all behind SMMU 0" */
void plan__describe(const struct plan *p, size_t i, char *out, size_t len);

/*
 * Are the devices still there that a fault was armed on?  Once one is removed,
 * another may get its address and Stream ID, and the user did not choose that one.
 */

struct present {
	const char *sysfs;		/* borrowed, mount point, "/sys" except in tests */
	struct { char bdf[16]; uint64_t inode; } *dev;
	size_t n;
};

/* Starts out zeroed, with sysfs set. 0, -ENOENT: it was removed already, or -ENOMEM */
int present__add(struct present *p, const char *bdf);

/* A device that was removed, also if it was found again since; NULL: all are there */
const char *present__removed(const struct present *p);

void present__free(struct present *p);

/*
 * Arms the rules of a plan.  What is armed lives exactly as long as this process
 * and this object: BPF links are not pinned, and the descriptor of the kernel's
 * enable file is closed on exec.  The index of the rules is written last: until
 * then no hook finds any, so that nothing is ever half-armed.
 */

struct arm;

/*
 * 0, or -errno with an error message in @err and nothing left armed:
 * -EOPNOTSUPP the kernel has no such fault point, -EPERM this process may not.
 */
int arm__check(const struct plan *plan, struct error *err);	/* arms nothing */

/* Called for each decision, if the caller wants them; return 0 or -errno to stop */
typedef int (*arm_decision_fn)(void *ctx, const struct atcq_decision *d);

/* Loads everything.  @explain may be NULL.  The plan is not needed any more afterwards. */
int arm__new(struct arm **out, const struct plan *plan, arm_decision_fn explain, void *ctx,
	     struct error *err);

/*
 * The same by call stack: the rules count and fire for calls with the stack
 * @stack_key (a key of arm__each_stack()) only. With 0 nothing fires, and all stacks
 * from which calls for the rules' devices come are recorded. @hook_code: of each
 * fault point, by its number; @boundary: functions at which a stack ends.
 */
struct arm_stacks {
	uint64_t stack_key;
	struct atcq_range hook_code[ATCQ_FAULTS], boundary[ATCQ_MAX_CUTS];
};
int arm__new_by_stack(struct arm **out, const struct plan *plan, const struct arm_stacks *by,
		      struct error *err);

/* Return 0, or -errno to stop */
typedef int (*arm_stack_fn)(void *ctx, uint64_t key, const struct atcq_stack *stack);

/* Calls @fn for each stack that was recorded; @missed: calls that the map was too full for */
int arm__each_stack(const struct arm *arm, arm_stack_fn fn, void *ctx, uint64_t *missed);

/* Attaches the hooks, which find no rule yet; takes seconds on a slow kernel.  0, or -errno with an error message */
int arm__attach(struct arm *arm, struct error *err);

/*
 * From now on rules fire, until @deadline_ns (CLOCK_BOOTTIME) at the latest; 0, or
 * -errno with an error message: then none does
 */
int arm__start(struct arm *arm, uint64_t deadline_ns, struct error *err);

int arm__state(const struct arm *arm, size_t rule, struct atcq_rule_state *out);
uint32_t arm__states_id(const struct arm *arm);	/* of the BPF map, for other processes; 0: unknown */

/* Delivers decisions, waits for them up to @timeout_ms; 0 or -errno */
int arm__poll(struct arm *arm, int timeout_ms);

/* Nothing fires any more when this returns; states can still be read, and are the last */
void arm__stop(struct arm *arm);

void arm__free(struct arm *arm);	/* disarms; NULL is fine */

/* The states of another process' rules, by the map's id: how many, or -errno */
int arm__foreign_states(uint32_t states_id, struct atcq_rule_state *out, size_t n);

/*
 * Which process armed which faults: one locked JSON file per injector under
 * /run/atcq.  The lock is what counts: a file without a lock belongs to an
 * injector that has exited, and its fault ended with it.
 */

#define REGISTRY_DIR "/run/atcq"

struct registry_entry {
	pid_t pid;
	uint64_t started_ns, deadline_ns;	/* CLOCK_BOOTTIME */
	uint32_t states_id;			/* BPF map with the states of the rules, 0 = unknown */
	json_t *rules;				/* array of { fault, devices }; borrowed */
};

struct registry_file;

/*
 * Writes and locks a file for @what in @dir (REGISTRY_DIR except in tests), made if
 * missing. -EBUSY: one of its faults is armed on one of its devices already, by
 * the process that @err names.
 */
int registry__create(struct registry_file **out, const char *dir, const struct registry_entry *what,
		  struct error *err);
void registry__remove(struct registry_file *file);	/* NULL is fine */

typedef int (*registry_fn)(void *ctx, const struct registry_entry *what);
/*
 * Calls @fn (may be NULL) for each entry, and removes stale files.
 * Returns how many are armed, what @fn returned if negative, or -errno.
 */
int registry__each(const char *dir, registry_fn fn, void *ctx);

/* Ends the injector @pid, or all (0), and waits until they have exited; how many, or -errno */
int registry__stop(const char *dir, pid_t pid);

#endif
