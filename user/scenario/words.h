/* SPDX-License-Identifier: GPL-2.0-only */
/* From nodes to values, with a word on where and why if that cannot be. Inside of the reader only. */
#ifndef ATCQ_SCENARIO_WORDS_H
#define ATCQ_SCENARIO_WORDS_H

#include "node.h"
#include "scenario.h"

struct reader {
	const char *path;
	struct scenario *s;
	char *err;
	size_t errlen;
};

/* All return 0 or -EINVAL with a sentence (-ENOMEM without) */
int words__fail(struct reader *r, const struct node *at, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* What reads the value of a key into @to */
typedef int (*key_fn)(struct reader *r, const struct node *value, void *to);
struct key {
	const char *name;
	key_fn read;
};

/* Each key of the map @n by the table @keys, which ends with a NULL name; @what: "a step" */
int words__map(struct reader *r, const struct node *n, const char *what, const struct key *keys, void *to);
int words__unknown(struct reader *r, const struct node *key, const char *what, const char *const *names);

int words__text(struct reader *r, const struct node *n, const char **out);	/* not empty, short */
int words__copy(struct reader *r, const struct node *n, char **out);
int words__copies(struct reader *r, const struct node *n, char **out, size_t *count);
int words__duration(struct reader *r, const struct node *n, uint64_t min, uint64_t max, uint64_t *ns);
int words__time(const char *text, uint64_t *ns);	/* -EINVAL if it is none */
int words__number(struct reader *r, const struct node *n, uint64_t min, uint64_t max, uint64_t *out);
int words__bool(struct reader *r, const struct node *n, bool *out);
int words__range(struct reader *r, const struct node *n, struct range *out);	/* "3", "1..5", "2..", "any" */
/* A name or a list of them */
int words__names(struct reader *r, const struct node *n, names_t *out);
/* "a broken": a name and a condition */
int words__state(struct reader *r, const struct node *n, struct state_of *out);
int words__name(struct reader *r, const struct node *at, const char *word, size_t len, names_t *out);

/* Of the parts that have files of their own */
int words__step(struct reader *r, const struct node *n, struct step *st);
int words__expect(struct reader *r, const struct node *n, void *to);
int words__workload(struct reader *r, const struct node *n, void *to);
int scenario__check(struct reader *r, const struct node *root);

#endif
