// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <string.h>

#include "verdict.h"

static const char *const names[] = {
	[SWEEP_OK] = "ok", [SWEEP_VIOLATED] = "violated", [SWEEP_WORKLOAD] = "workload-failed",
	[SWEEP_NOT_CLEAN] = "not-clean", [SWEEP_NOT_JUDGED] = "not-judged",
	[SWEEP_NEVER_FIRED] = "never-fired",
};

/* A workload that dies of a signal is not excused by a device that is gone */
static bool workload_failed(const struct run_facts *f)
{
	return f->timed_out || f->status > 128 || (f->status && !f->taken);
}

enum sweep_verdict sweep__verdict(const struct run_facts *f, char *why, size_t len)
{
	*why = '\0';
	if (*f->splat) {
		snprintf(why, len, "the kernel complains: %s", f->splat);
		return SWEEP_VIOLATED;
	}
	if (f->violations) {
		snprintf(why, len, "%zu violation(s)", f->violations);
		return SWEEP_VIOLATED;
	}
	if (*f->unclean) {
		snprintf(why, len, "%s", f->unclean);
		return SWEEP_NOT_CLEAN;
	}
	if (workload_failed(f)) {
		if (f->timed_out)
			snprintf(why, len, "the workload did not end within --limit");
		else if (f->status > 128)
			snprintf(why, len, "the workload died of signal %d", f->status - 128);
		else
			snprintf(why, len, "the workload ended with status %d%s", f->status,
				 f->learning ? " without any fault" :
					       ", though no device was taken away from it");
		return SWEEP_WORKLOAD;
	}
	if (!f->learning && !f->fired) {
		snprintf(why, len, "never fired: the workload took another way this time");
		return SWEEP_NEVER_FIRED;
	}
	if (!f->judged) {
		snprintf(why, len, "events were lost");
		return SWEEP_NOT_JUDGED;
	}
	return SWEEP_OK;
}

const char *sweep_verdict__name(enum sweep_verdict v)
{
	return names[v];
}

enum sweep_verdict sweep_verdict__by_name(const char *name)
{
	for (size_t i = 0; name && i < sizeof(names) / sizeof(names[0]); i++)
		if (!strcmp(names[i], name))
			return i;
	return SWEEP_NOT_JUDGED;
}

bool sweep_verdict__is_bad(enum sweep_verdict v)
{
	return v == SWEEP_VIOLATED || v == SWEEP_WORKLOAD || v == SWEEP_NOT_CLEAN;
}
