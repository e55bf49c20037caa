// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "in_use.h"
#include "lib/clock.h"
#include "source/kernel.h"

#define TRIES		3
#define SETTLE_NS	2000000000ull

const char *device_reset__status(const char *bdf)
{
	static char text[96];
	char state[32];

	if (attr__read(bdf, "vendor", state, sizeof(state)))
		return "removed";
	/* A kernel that does not publish its state */
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

/* Waits until the device works; NULL, or its status after the timeout */
static const char *settle(const char *bdf)
{
	const struct timespec tick = { .tv_nsec = 5000000 };
	uint64_t end = clock__boottime_ns() + SETTLE_NS;
	const char *what;

	while ((what = device_reset__status(bdf)) && clock__boottime_ns() < end)
		nanosleep(&tick, NULL);
	return what;
}

int device_reset__recover(const char *bdf, struct error *err)
{
	const char *what = NULL;
	int ret = 0;

	for (int i = 0; i < TRIES; i++) {
		ret = attr__write(bdf, "reset", "1");
		if (ret == -ENOENT)
			break;
		what = ret ? NULL : settle(bdf);
		if (!ret && !what)
			return 0;
	}
	if (ret)
		return error__set(err, ret, "%s: cannot be reset: %s", bdf, strerror(-ret));
	return error__set(err, -ETIMEDOUT, "%s: after %d resets %s", bdf, TRIES, what);
}

int device_reset__recover_all(const struct plan *plan, struct error *err)
{
	int ret;

	for (size_t i = 0; i < plan->inv->ndev; i++) {
		const char *bdf = plan->inv->dev[i].bdf;

		if (!plan->affected[i])
			continue;
		/* Not all that an SMMU serves has to be reset, nor can be */
		if (!(plan->hit[i] && plan->inv->dev[i].ats != ATS_UNSUPPORTED) && !device_reset__status(bdf))
			continue;
		ret = device_reset__recover(bdf, err);
		if (ret)
			return ret;
	}
	return 0;
}
