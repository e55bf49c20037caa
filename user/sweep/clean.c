// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "source/attr.h"
#include "sweep.h"

#define TRIES		3
#define SETTLE_NS	2000000000ull

/* NULL if the device works, else what it is */
static const char *trouble(const char *bdf)
{
	static char text[96];
	char state[32];

	if (attr__read(bdf, "iommu_state/blocked", state, sizeof(state)))
		return "gone, or its state cannot be read";
	if (strcmp(state, "no")) {
		snprintf(text, sizeof(text), "still blocked: %s", state);
		return text;
	}
	if (!attr__read(bdf, "arm-smmu-v3/ats", state, sizeof(state)) && !strcmp(state, "broken"))
		return "unblocked, but ATS is still taken for broken";
	return NULL;
}

/* Until it works, or it has had its time */
static const char *settle(const char *bdf)
{
	const struct timespec tick = { .tv_nsec = 5000000 };
	uint64_t end = watch__now_ns() + SETTLE_NS;
	const char *what;

	while ((what = trouble(bdf)) && watch__now_ns() < end)
		nanosleep(&tick, NULL);
	return what;
}

static bool reset_device(const char *bdf, char *why, size_t len)
{
	const char *what = NULL;
	int ret = 0;

	for (int i = 0; i < TRIES; i++) {
		ret = attr__write(bdf, "reset", "1");
		if (ret == -ENOENT)
			break;
		what = ret ? NULL : settle(bdf);
		if (!ret && !what)
			return true;
	}
	if (ret)
		snprintf(why, len, "%s: cannot be reset: %s", bdf, strerror(-ret));
	else
		snprintf(why, len, "%s: after %d resets %s", bdf, TRIES, what);
	return false;
}

bool sweep__clean(const struct plan *plan, char *why, size_t len)
{
	for (size_t i = 0; i < plan->inv->ndev; i++) {
		const char *bdf = plan->inv->dev[i].bdf;

		if (!plan->affected[i])
			continue;
		/* Not all that an SMMU serves has to be reset, nor can be */
		if (!(plan->hit[i] && plan->inv->dev[i].ats != ATS_UNSUPPORTED) && !trouble(bdf))
			continue;
		if (!reset_device(bdf, why, len))
			return false;
	}
	return true;
}
