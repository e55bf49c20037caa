/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The values of a scenario's file; for its readers only. y->ctx is the scenario. All
 * return 0, -EINVAL with an error message in y->err, or -ENOMEM without.
 */
#ifndef ATCQ_SCENARIO_WORDS_H
#define ATCQ_SCENARIO_WORDS_H

#include "lib/yaml.h"
#include "scenario.h"

#define SCENARIO_MAX_BYTES	65536

/* Texts, one or a list of them, behind the *count that @out has already */
int values__copies(struct yaml *y, const struct yaml_node *n, char **out, size_t *count);
int values__range(struct yaml *y, const struct yaml_node *n, struct range *out);	/* "3", "1..5", "2..", "any" */
/* A name or a list of them */
int values__names(struct yaml *y, const struct yaml_node *n, names_t *out);
/* "a broken": a name and a condition */
int values__state(struct yaml *y, const struct yaml_node *n, struct state_of *out);
int values__name(struct yaml *y, const struct yaml_node *at, const char *word, size_t len, names_t *out);

/* Of the parts that have files of their own */
int values__step(struct yaml *y, const struct yaml_node *n, struct step *st);
int values__expect(struct yaml *y, const struct yaml_node *n, void *to);
int values__workload(struct yaml *y, const struct yaml_node *n, void *to);
int scenario__check(struct yaml *y, const struct yaml_node *root);

#endif
