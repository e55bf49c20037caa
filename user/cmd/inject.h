/* SPDX-License-Identifier: GPL-2.0-only */
/* Shared by the files of `atcq inject`. */
#ifndef ATCQ_CMD_INJECT_H
#define ATCQ_CMD_INJECT_H

#include <jansson.h>

#include "inject/arm.h"
#include "lib/options.h"

#define LINK_FAULT "link-disable"

struct inject_opts {
	bool list, status, stop, all, dry_run, force, explain, json;
	struct opt_list key[RULE_KEY_MAX];
	const char *from;
	uint64_t ttl, max_devices;
};

/* All print their result, and return an exit code */
int inject__run(const struct inject_opts *o, const struct plan *plan);
int inject__link(const struct inject_opts *o, int faults);	/* how many were named */

bool inject__names_link(int argc, char **argv);
void inject__list_link(json_t *list);			/* NULL: as text */

#endif
