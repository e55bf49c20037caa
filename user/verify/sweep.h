/* SPDX-License-Identifier: GPL-2.0-only */
/* `atcq run --sweep`: a workload, once for each way into each fault point. */
#ifndef ATCQ_VERIFY_SWEEP_H
#define ATCQ_VERIFY_SWEEP_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <atcq/sweep.h>

#include "inject/arm.h"
#include "inject/fault.h"
#include "lib/log.h"
#include "lib/options.h"
#include "source/kernel.h"
#include "source/monitor.h"

/*
 * The cases of a sweep: the call stacks that reach fault points, and of each the first
 * few occurrences.  No I/O; ids are the same in each boot of a kernel.
 */

struct sweep_stack {
	const struct fault_point *point;
	uint64_t key;			/* in BPF's map, in this boot */
	uint64_t count;			/* occurrences in the discovery pass */
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
extern const char *const sweep_boundaries[];

/*
 * Adds a stack.  @hook_code: the code of the fault points, by their number; @boundaries:
 * where stacks end.  0 or -ENOMEM; a stack of an unknown fault is left out.
 */
int cases__add_stack(struct sweep_cases *cases, const struct ksyms *k,
		     const struct atcq_range *hook_code, const struct atcq_range *boundaries,
		     uint64_t key, const struct atcq_stack *raw);

/* @text: what is left out and why, as one line */
typedef void (*left_out_fn)(void *ctx, const char *text);

/*
 * Sorts the stacks and makes the cases: of each fault point at most @stacks call
 * stacks (0: all), of each of them the first @up_to occurrences.  0 or -ENOMEM.
 */
int cases__make(struct sweep_cases *cases, uint64_t stacks, uint64_t up_to,
		left_out_fn fn, void *ctx);

void cases__free(struct sweep_cases *cases);

/* The verdict on a run of the workload with a fault.  No I/O. */

enum sweep_verdict {
	SWEEP_OK,
	SWEEP_VIOLATED,		/* an invariant was violated, or the kernel's log has a warning */
	SWEEP_WORKLOAD,		/* it failed, although no device was removed */
	SWEEP_NOT_CLEAN,	/* the devices do not work again afterwards */
	SWEEP_NOT_CHECKED,	/* events were lost */
	SWEEP_NEVER_FIRED,	/* the workload took another code path in this run */
};

struct run_observations {
	bool discovery;		/* no fault was to fire */
	bool fired;
	int status;		/* of the workload, as a shell has it */
	bool timed_out;		/* it was ended by us */
	bool taken;		/* a device was blocked, or a reset failed: it may notice */
	size_t violations;
	bool events_complete;
	char kernel_warning[160];	/* "" = none */
	struct error unclean;	/* "" = all devices work again */
};

/* @reason: one line, "" if all is well */
enum sweep_verdict sweep__verdict(const struct run_observations *f, char *reason, size_t len);

const char *sweep_verdict__name(enum sweep_verdict v);
enum sweep_verdict sweep_verdict__by_name(const char *name);	/* unknown: not checked */

/* Does it need an investigation? */
bool sweep_verdict__is_bad(enum sweep_verdict v);

struct sweep_opts {
	struct opt_list fault, device, only;
	uint64_t up_to, stacks, limit, domains, max_devices;
	const char *resume, *json;
	bool dry_run, force;
};

/* One run of the workload */
struct sweep_run {
	struct run_observations seen;
	bool interrupted;
	uint64_t duration_ns, incidents;
	json_t *violations;
	int output;		/* a file with the output of the workload, or -1 */
};

struct sweep {
	const struct sweep_opts *o;
	char **workload;
	struct inventory inv;
	struct rule rules[ATCQ_MAX_RULES];
	struct monitor monitor;
	struct ksyms *ksyms;
	struct arm_stacks by;
	int kmsg;
	struct journal *journal;
	struct sweep_cases cases;
	struct sweep_run *now;		/* the one that is running */
	json_t *left_out, *results;	/* arrays of lines, and of sweep_output__result() */
	unsigned int number;		/* of the last result that was printed */
};

/* The whole command; an exit code */
int sweep__main(const struct sweep_opts *o, char **workload);

/*
 * Rules of @point for the devices, that fire on the @nth match (0: any), added to
 * @plan.  Their storage is @s->rules. 0, or -errno with an error message.
 */
int sweep__plan(struct sweep *s, struct plan *plan, const struct fault_point *point,
		unsigned int nth, struct error *err);

/* Chooses the devices; 0, or an exit code after an error message */
int sweep__choose_devices(struct sweep *s);

/*
 * Runs the workload with @plan armed for the stack @stack_key, or as discovery pass (0;
 * @s->cases gets the stacks).  0, or -errno with an error message: it was not run, or its
 * outcome is not known.  Free with sweep_run__free().
 */
int sweep_run__execute(struct sweep *s, const struct plan *plan, uint64_t stack_key, struct sweep_run *t,
		       struct error *err);
void sweep_run__free(struct sweep_run *t);

/* Output: KTAP while the sweep runs, a document at the end */
void sweep_output__start(const struct sweep *s, size_t runs);
void sweep_output__progress(const struct sweep *s, const char *id, size_t runs);
json_t *sweep_output__result(const char *id, const struct sweep_stack *stack, unsigned int nth,
			     const struct sweep_run *t);
void sweep_output__run(struct sweep *s, json_t *result, const struct sweep_run *t);
int sweep_output__end(struct sweep *s, bool complete);	/* an exit code */

/*
 * What a sweep has done so far, on disk: JSON lines that are only ever appended.
 * The first identifies the sweep; then there is a line when a run starts and one when it
 * has ended, so that whatever ends the sweep loses at most the run under way.
 */

struct journal;

/*
 * Opens or makes @path (in a folder: sweep.jsonl there) and locks it.  @header:
 * which sweep this is, borrowed.  0, or -errno with an error message: -EINVAL it
 * belongs to another sweep or is no such file, -EBUSY another process uses it.
 */
int journal__open(struct journal **out, const char *path, const json_t *header,
		  struct error *err);
void journal__close(struct journal *j);		/* NULL is fine */

/* The result of the run @id, borrowed; NULL: it has not ended */
json_t *journal__result(const struct journal *j, const char *id);

/* How often it was started and did not end */
unsigned int journal__unfinished(const struct journal *j, const char *id);

/* Both return once it is on disk; 0 or -errno.  @result has its "id"; borrowed */
int journal__start(struct journal *j, const char *id);
int journal__end(struct journal *j, json_t *result);

#endif
