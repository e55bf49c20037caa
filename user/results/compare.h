/* SPDX-License-Identifier: GPL-2.0-only */
/* Whether results of two environments can be compared. */
#ifndef ATCQ_RESULTS_COMPARE_H
#define ATCQ_RESULTS_COMPARE_H

#include <stdbool.h>

#include "results_impl.h"

/* Texts, CPUs, and so many tools are looked at */
#define ENV_DIFFERENCES_MAX	(RESULTS_ENV_TEXTS + 1 + 8)

struct env_difference {
	char field[64];		/* "cpus", "tools.emulator" */
	char a[96], b[96];	/* "" = not known there */
};

/*
 * How @a and @b differ, in @d; returns in how many ways. @kernel_too: that it is
 * another kernel counts; else not, since that is what is being compared.
 */
size_t env__compare(const struct results_env *a, const struct results_env *b, bool kernel_too,
		    struct env_difference d[ENV_DIFFERENCES_MAX]);

#endif
