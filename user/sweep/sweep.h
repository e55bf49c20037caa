/* SPDX-License-Identifier: GPL-2.0-only */
/* `atcq run --sweep`: a workload, once for each way into each fault point. */
#ifndef ATCQ_SWEEP_MAIN_H
#define ATCQ_SWEEP_MAIN_H

#include <jansson.h>

#include "cases.h"
#include "inject/arm.h"
#include "journal.h"
#include "lib/log.h"
#include "lib/options.h"
#include "source/monitor.h"
#include "verdict.h"

struct sweep_opts {
	struct opt_list fault, device, only;
	uint64_t up_to, stacks, limit, domains, max_devices;
	const char *resume, *json;
	bool dry_run, force;
};

/* What was seen of one run of the workload */
struct trial {
	struct run_facts facts;
	bool interrupted;
	uint64_t duration_ns, incidents;
	json_t *violations;
	int output;		/* a file with what the workload said, or -1 */
};

struct sweep {
	const struct sweep_opts *o;
	char **workload;
	struct inventory inv;
	struct rule rules[ATCQ_MAX_RULES];
	struct watch watch;
	struct ksyms *ksyms;
	struct arm_stacks by;
	int kmsg;
	struct journal *journal;
	struct sweep_cases cases;
	struct trial *now;		/* the one that is running */
	json_t *left_out, *results;	/* arrays of sentences, and of what tell has */
	unsigned int number;		/* of the last result that was told */
};

/* The whole command; an exit code */
int sweep__main(const struct sweep_opts *o, char **workload);

/*
 * Rules of @point for the devices, that fire on the @nth match (0: any), added to
 * @plan.  Their storage is @s->rules. 0, or -errno with a sentence.
 */
int sweep__plan(struct sweep *s, struct plan *plan, const struct fault_point *point,
		unsigned int nth, struct error *err);

/* Chooses the devices; 0, or an exit code after saying why */
int sweep__choose_devices(struct sweep *s);

/*
 * Runs the workload with @plan armed for the stack @wanted, or to learn stacks (0,
 * which @s->cases gets).  0, or -errno with a sentence: it was not run, or what
 * came of it is not known.  Free with trial__free().
 */
int trial__run(struct sweep *s, const struct plan *plan, uint64_t wanted, struct trial *t,
	       struct error *err);
void trial__free(struct trial *t);

/* Output: KTAP while it goes on, a document at the end */
void tell__begin(const struct sweep *s, size_t runs);
void tell__progress(const struct sweep *s, const char *id, size_t runs);
json_t *tell__result(const char *id, const struct sweep_stack *stack, unsigned int nth,
		     const struct trial *t);
void tell__run(struct sweep *s, json_t *result, const struct trial *t);
int tell__end(struct sweep *s, bool complete);	/* an exit code */

#endif
