/* SPDX-License-Identifier: GPL-2.0-only */
/* Which scenarios a run is of: files, or all *.yaml of folders. */
#ifndef ATCQ_SCENARIO_LIST_H
#define ATCQ_SCENARIO_LIST_H

#include "run.h"

struct list {
	struct scenario **s;
	size_t n;
};

/* All are read, and each that makes no sense is told; then what --filter and --shard leave. 0 or an exit code */
int list__read(struct list *list, const struct scenario_opts *o, int argc, char **argv);
void list__print(const struct list *list);
void list__free(struct list *list);

#endif
