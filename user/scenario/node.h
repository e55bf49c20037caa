/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A YAML text as a small tree that knows where everything was. Only what a scenario
 * needs: anchors, aliases, tags and a second document are refused, and so is what is
 * larger than any scenario, before it can cost anything.
 */
#ifndef ATCQ_SCENARIO_NODE_H
#define ATCQ_SCENARIO_NODE_H

#include <stddef.h>

#define NODE_MAX_BYTES	65536
#define NODE_MAX_DEPTH	8
#define NODE_MAX_NODES	4000

enum node_kind { NODE_SCALAR, NODE_LIST, NODE_MAP };

struct node {
	enum node_kind kind;
	unsigned int line, column;	/* from 1 */
	char *text;			/* NODE_SCALAR, else NULL */
	struct node **item;		/* NODE_MAP: key, value, key, value, ...; keys are scalars */
	size_t n;
};

/*
 * 0, or -errno with a sentence in @err that begins with @path, line and column:
 * -EINVAL it is no such YAML, -E2BIG, -ENOMEM.
 */
int node__parse(struct node **out, const char *path, const char *text, size_t len,
		char *err, size_t errlen);
void node__free(struct node *n);	/* NULL is fine */

/* The value of a key, or NULL; it is no error to ask something that is no map */
const struct node *node__get(const struct node *map, const char *key);

#endif
