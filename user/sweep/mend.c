// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "lib/clock.h"
#include "mend.h"
#include "source/kernel.h"
#include "source/monitor.h"

#define TRIES		3
#define SETTLE_NS	2000000000ull

const char *mend__trouble(const char *bdf)
{
	static char text[96];
	char state[32];

	if (attr__read(bdf, "vendor", state, sizeof(state)))
		return "gone";
	/* A kernel that does not tell */
	if (attr__read(bdf, "iommu_state/blocked", state, sizeof(state)))
		return NULL;
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
	uint64_t end = clock__boottime_ns() + SETTLE_NS;
	const char *what;

	while ((what = mend__trouble(bdf)) && clock__boottime_ns() < end)
		nanosleep(&tick, NULL);
	return what;
}

bool mend__device(const char *bdf, char *why, size_t len)
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
