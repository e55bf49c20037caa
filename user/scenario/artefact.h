/* SPDX-License-Identifier: GPL-2.0-only */
/* What is kept of a scenario that failed: its recording, a report of it, the kernel's log. */
#ifndef ATCQ_SCENARIO_ARTEFACT_H
#define ATCQ_SCENARIO_ARTEFACT_H

#include <jansson.h>
#include <sys/types.h>

#include "run.h"

struct artefact {
	char base[512];		/* path without its ending; "" = nothing is kept */
	pid_t recorder;
};

/* Begins to record to @dir, which is made if it is not there; what fails is warned of */
void artefact__begin(struct artefact *a, const char *dir, const char *name);

/* Ends that; what a scenario leaves that passed is deleted. The paths go to @out->artefacts */
void artefact__end(struct artefact *a, struct outcome *out, const json_t *log);

/* `atcq diff @baseline @results`; its exit code */
int baseline__compare(const char *baseline, const char *results);

#endif
