// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>
#include <time.h>

#include "lib/clock.h"
#include "query.h"

static int as_date(const char *text, int64_t *utc_ns)
{
	static const char *const forms[] = { "%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S" };
	struct tm tm;
	const char *end;
	time_t t;

	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		int day;

		memset(&tm, 0, sizeof(tm));
		end = strptime(text, forms[i], &tm);
		if (!end || (*end && strcmp(end, "Z")))
			continue;
		day = tm.tm_mday;
		tm.tm_isdst = -1;
		t = *end ? timegm(&tm) : mktime(&tm);
		/* 31 February is not 3 March */
		if (t == -1 || tm.tm_mday != day || t > INT64_MAX / 1000000000)
			return -EINVAL;
		*utc_ns = (int64_t)t * 1000000000;
		return 0;
	}
	return -EINVAL;
}

int since__parse(const char *text, int64_t now_utc_ns, int64_t *utc_ns)
{
	uint64_t ago;

	if (!duration__parse(text, &ago)) {
		if (ago > (uint64_t)INT64_MAX)
			return -EINVAL;
		*utc_ns = (int64_t)ago < now_utc_ns ? now_utc_ns - (int64_t)ago : 1;
		return 0;
	}
	if (as_date(text, utc_ns) || *utc_ns > now_utc_ns)
		return -EINVAL;
	return 0;
}
