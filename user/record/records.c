// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "records.h"

/* What the first version of a record had; nothing shorter was ever written */
#define EVENT_LEAST	80

/*
 * What the writer did not know is 0. An identifier that is added behind version
 * 1 has to become ATCQ_NONE here.
 */
static void widen(struct atcq_event *ev, const void *rec, size_t n)
{
	memset(ev, 0, sizeof(*ev));
	memcpy(ev, rec, n < sizeof(*ev) ? n : sizeof(*ev));
	ev->size = sizeof(*ev);
}

static int event(const void *rec, const struct atcq_rec_prefix *prefix,
		 const struct records_fn *fn, void *ctx)
{
	struct atcq_event wide;

	if (prefix->size == sizeof(wide) && !((uintptr_t)rec & 7))
		return fn->event(ctx, rec);
	widen(&wide, rec, prefix->size);
	return fn->event(ctx, &wide);
}

int records__each(const void *raw, size_t n, const struct records_fn *fn, void *ctx,
		  uint64_t *unknown)
{
	const uint8_t *p = raw;
	struct atcq_rec_prefix prefix;
	int ret = 0;

	for (size_t at = 0; !ret && at < n; at += prefix.size) {
		if (n - at < sizeof(prefix))
			return -EBADMSG;
		memcpy(&prefix, p + at, sizeof(prefix));
		if (prefix.size < sizeof(prefix) || prefix.size % 8 || prefix.size > n - at)
			return -EBADMSG;
		if (prefix.type < ATCQ_REC_META) {
			if (prefix.size < EVENT_LEAST)
				return -EBADMSG;
			if (prefix.version > ATCQ_EVENT_VERSION)
				++*unknown;
			else
				ret = event(p + at, &prefix, fn, ctx);
		} else if (prefix.version > ATCQ_REC_RECORD_VERSION) {
			++*unknown;
		} else if (fn->other) {
			ret = fn->other(ctx, (const void *)(p + at));
		}
	}
	return ret;
}

bool record__get(const struct atcq_rec_prefix *rec, enum atcq_rec_type type, void *out,
		 size_t size, size_t least)
{
	if (rec->type != type || rec->size < least)
		return false;
	memset(out, 0, size);
	memcpy(out, rec, rec->size < size ? rec->size : size);
	return true;
}
