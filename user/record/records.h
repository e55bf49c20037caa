/* SPDX-License-Identifier: GPL-2.0-only */
/* The records inside a block, whoever wrote them: older, newer, or damaged. */
#ifndef ATCQ_RECORD_RECORDS_H
#define ATCQ_RECORD_RECORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <atcq/event.h>
#include <atcq/recording.h>

struct records_fn {
	/* Each event, as this program knows it; 0, or -errno to stop */
	int (*event)(void *ctx, const struct atcq_event *ev);
	/*
	 * Any other record, of @rec->size bytes, which may be less than the type's
	 * struct has here: see record__get(). NULL: they are passed over.
	 */
	int (*other)(void *ctx, const struct atcq_rec_prefix *rec);
};

/*
 * Calls back for the records in @raw, which lies at an address that is a
 * multiple of 8. @unknown counts those of a newer version, which cannot be
 * understood. 0, what a callback returned, or -EBADMSG for nonsense (what came
 * before it has been handed over).
 */
int records__each(const void *raw, size_t n, const struct records_fn *fn, void *ctx,
		  uint64_t *unknown);

/*
 * Copies @rec to @out, which has @size bytes: fields that its writer did not
 * know are 0. false: it is no record of @type with at least @least bytes.
 */
bool record__get(const struct atcq_rec_prefix *rec, enum atcq_rec_type type, void *out,
		 size_t size, size_t least);

#endif
