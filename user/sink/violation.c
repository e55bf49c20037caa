// SPDX-License-Identifier: GPL-2.0-only
/* Violated invariants as lines and objects. */
#include <errno.h>

#include "core/event.h"
#include "sink.h"

int text__violation(FILE *out, const struct violation *v)
{
	int n = fprintf(out, "VIOLATED %s: %s (%s)\n", invariant__name(v->which), v->text,
			invariant__about(v->which));

	return n < 0 || fflush(out) || ferror(out) ? -EIO : 0;
}

json_t *json__violation(const struct violation *v)
{
	char bdf[16];

	bdf__format(v->segment, v->bdf, bdf);
	return json_pack("{s:s, s:s, s:s, s:I, s:s?}", "type", "violation",
			 "invariant", invariant__name(v->which), "text", v->text,
			 "time_ns", (json_int_t)v->time_ns, "device", v->bdf == ATCQ_NONE ? NULL : bdf);
}
