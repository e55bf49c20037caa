/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Compares two results: each metric became worse, better, stayed the same, or has too few data.
 *
 * The unit of replication is the boot: of each, a metric gives one number, the mean of
 * its raw values. (The mean and not the median: what makes one incident in ten slower is
 * a regression that a median does not see.)
 *
 * The margin of a metric is @min_margin, or five times the noise of the baseline's own
 * boots if that is more.  Worse: the interval of the ratio of the means lies wholly
 * above 1 + margin; better: wholly below 1 - margin; same: wholly in between. Anything
 * else, and too few boots, is not enough data. All intervals of gated metrics together
 * hold with probability 1 - @alpha (Bonferroni), also if the results are compared
 * @interim_analyses times while boots are added.  No I/O.
 */
#ifndef ATCQ_VERIFY_COMPARE_H
#define ATCQ_VERIFY_COMPARE_H

#include <stdbool.h>
#include <stdio.h>

#include "core/stats.h"
#include "results.h"

enum comparison_verdict {
	COMPARISON_SAME,
	COMPARISON_BETTER,
	COMPARISON_WORSE,
	COMPARISON_NOT_ENOUGH,
	COMPARISON_INFORMS,		/* is not gated */
};

struct comparison_opts {
	double alpha;		/* 0.05 */
	double min_margin;	/* 0.005 */
	unsigned int interim_analyses;	/* at least 1 */
	const char *const *only;	/* gate these only; NULL: by name, see compare.c */
	size_t nonly;
};

/* One metric of one scenario; @scenario and @name belong to the results */
struct comparison_metric {
	const char *scenario, *name;
	double *base_boots, *now_boots;		/* the number that each boot gave */
	struct moments base, now;
	double margin;
	struct ratio ratio;
	enum comparison_verdict verdict;
	bool deciding;
	char reason[120];				/* "" or a remark */
};

/* How one scenario ended there and here */
struct comparison_scenario {
	const char *name;
	const struct results_scenario *base, *now;	/* NULL: it is not there */
	int exit;		/* EXIT_OK, _BEHAVIOUR, or _NO_DATA */
	char reason[256];
};

struct comparison {
	const struct results *base, *now;	/* borrowed, outlive it */
	struct comparison_opts opts;
	struct comparison_metric *metric;
	size_t nmetric, ndeciding;			/* ngated: that both sides have */
	struct comparison_scenario *scenario;
	size_t nscenario;
	double alpha;				/* of one interval */
	size_t least_boots;			/* of each side, to decide anything */
	struct env_difference difference[ENV_DIFFERENCES_MAX];
	size_t ndifference;
};

/* Compares; comparison__free() also if this returns -ENOMEM */
int comparison__make(struct comparison *g, const struct results *base, const struct results *now,
		  const struct comparison_opts *opts);
void comparison__free(struct comparison *g);

/*
 * EXIT_BEHAVIOUR before EXIT_REGRESSION before EXIT_NO_DATA before EXIT_OK; that
 * nothing at all was compared is not enough data.
 */
int comparison__exit(const struct comparison *g);

const char *comparison_verdict__name(enum comparison_verdict v);

/*
 * A comparison for readers, for programs, and as one page. 0 or -errno of the write;
 * @forced: the user accepted that the environments differ.
 */
int comparison__text(FILE *out, const struct comparison *g, bool forced);
int comparison__json(FILE *out, const struct comparison *g, bool forced);
int comparison__html(FILE *out, const struct comparison *g, bool forced);

/* One line: "1 of 7 gated metrics became worse." */
void comparison__summary(const struct comparison *g, char *out, size_t len);

/* "+1.01 %" of a ratio 1.0101 */
void format_change(double ratio, char *out, size_t len);

/* A mean with its significant digits, without a unit: the metric's name has it */
void format_mean(double v, char *out, size_t len);

#endif
