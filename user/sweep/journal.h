/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a sweep has done so far, on disk: JSON lines that are only ever appended.
 * The first says which sweep it is; then a line when a run begins and one when it
 * has ended, so that whatever ends the sweep loses at most the run under way.
 */
#ifndef ATCQ_JOURNAL_H
#define ATCQ_JOURNAL_H

#include <jansson.h>
#include <stddef.h>

#include "lib/log.h"

struct journal;

/*
 * Opens or makes @path (in a folder: sweep.jsonl there) and locks it.  @header:
 * which sweep this is, borrowed.  0, or -errno with a sentence: -EINVAL it belongs
 * to another sweep or is no such file, -EBUSY somebody else is at it.
 */
int journal__open(struct journal **out, const char *path, const json_t *header,
		  struct error *err);
void journal__close(struct journal *j);		/* NULL is fine */

/* What came of the run @id, borrowed; NULL: it has not ended */
json_t *journal__result(const struct journal *j, const char *id);

/* How often it was begun and did not end */
unsigned int journal__unfinished(const struct journal *j, const char *id);

/* Both return once it is on disk; 0 or -errno.  @result has its "id"; borrowed */
int journal__begin(struct journal *j, const char *id);
int journal__end(struct journal *j, json_t *result);

#endif
