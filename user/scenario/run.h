/* SPDX-License-Identifier: GPL-2.0-only */
/* `atcq run SCENARIO...`: runs scenarios one after the other and tells how they ended. */
#ifndef ATCQ_SCENARIO_RUN_H
#define ATCQ_SCENARIO_RUN_H

#include "lib/options.h"
#include "scenario.h"
#include "verify/results.h"

struct scenario_opts {
	const char *junit, *json, *baseline, *record, *filter, *shard;
	const struct opt_list *device;	/* NAME=BDF */
	uint64_t repeat, max_devices;
	bool check, list, github, ktap, force, quick;
};

/* How one ended */
struct outcome {
	const struct scenario *s;
	enum scenario_verdict verdict;
	char **why;			/* sentences; the reason of a skip */
	size_t nwhy;
	uint64_t repetitions, took_ns;
	char *artefacts;		/* paths, or NULL */
};

/* The whole command; an exit code */
int run__scenarios(const struct scenario_opts *o, int argc, char **argv);

/* Output as it goes on; @number from 1 */
void tell__plan(size_t n);
void tell__outcome(const struct outcome *out, size_t number);
void tell__summary(const struct outcome *out, size_t n);

/* At the end; 0 or -errno */
int junit__write(const char *path, const struct outcome *out, size_t n);
void github__tell(const struct outcome *out, size_t n);	/* annotations, and the step's summary */

#endif
