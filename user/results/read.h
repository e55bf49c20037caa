/* SPDX-License-Identifier: GPL-2.0-only */
/* Internal to user/results, and for the fuzzer. */
#ifndef ATCQ_RESULTS_READ_H
#define ATCQ_RESULTS_READ_H

#include "results_impl.h"

struct reading {
	const char *file;	/* what messages call it */
	char *err;
	size_t errlen;
};

/*
 * Adds what is there to @r, and replaces its environment.  0, -EBADMSG, -ENOMEM, or
 * what open() says; err then has a sentence.
 */
int read__text(const struct reading *rd, struct results *r, const char *text, size_t len);
int read__file(const struct reading *rd, struct results *r);

#endif
