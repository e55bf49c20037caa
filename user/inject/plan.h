/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What rules mean on this machine: which devices each is for, whom it affects,
 * and the maps that BPF decides by.  Pure: the inventory is all it knows.
 */
#ifndef ATCQ_PLAN_H
#define ATCQ_PLAN_H

#include "../source/inventory.h"
#include "lib/log.h"
#include "rule.h"

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
 * Adds a rule, which stays the caller's. 0, or with a sentence in @err: -EINVAL
 * the rule makes no sense here, -ENODATA the kernel does not say enough of a
 * device, -ENOSPC one rule too many, -ENOMEM.
 */
int plan__add(struct plan *p, const struct rule *r, struct error *err);

/* Devices in the blast radius of any rule */
size_t plan__affected(const struct plan *p);

/* "0000:02:00.0 0000:03:00.0", what rule @i is for; "all behind SMMU 0" */
void plan__describe(const struct plan *p, size_t i, char *out, size_t len);

#endif
