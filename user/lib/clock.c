// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "clock.h"
#include "text.h"

static int64_t now(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return ts.tv_sec * 1000000000ll + ts.tv_nsec;
}

uint64_t clock__boottime_ns(void)
{
	return now(CLOCK_BOOTTIME);
}

uint64_t clock__monotonic_ns(void)
{
	return now(CLOCK_MONOTONIC);
}

uint64_t clock__process_cpu_ns(void)
{
	return now(CLOCK_PROCESS_CPUTIME_ID);
}

int64_t clock__realtime_ns(void)
{
	return now(CLOCK_REALTIME);
}

int64_t clock__wall_offset_ns(void)
{
	return now(CLOCK_REALTIME) - now(CLOCK_BOOTTIME);
}

int duration__parse(const char *text, uint64_t *ns)
{
	static const struct unit units[] = {
		{ "ns", 1 }, { "us", 1000 }, { "ms", 1000000 }, { "s", 1000000000 },
		{ "m", 60000000000 }, { "h", 3600000000000 }, { "d", 86400000000000 }, { NULL, 0 },
	};

	return number__with_unit(text, units, ns);
}

static void format_exact(uint64_t ns, char *out, size_t len)
{
	if (ns < 1000)
		snprintf(out, len, "%llu ns", (unsigned long long)ns);
	else if (ns < 1000000)
		snprintf(out, len, "%.3f us", ns / 1e3);
	else if (ns < 1000000000)
		snprintf(out, len, "%.3f ms", ns / 1e6);
	else
		snprintf(out, len, "%.3f s", ns / 1e9);
}

static void format_rounded(uint64_t ns, char *out, size_t len)
{
	static const char *const units[] = { "ns", "us", "ms", "s" };
	double value = (double)ns;
	int u = 0;

	for (; u < 3 && value >= 999.5; u++)
		value /= 1000;
	snprintf(out, len, "%.*f %s", u && value < 99.95 ? value < 9.995 ? 2 : 1 : 0, value, units[u]);
}

static void format_long(uint64_t ns, char *out, size_t len)
{
	unsigned long long seconds = ns / 1000000000;

	if (seconds < 60)
		snprintf(out, len, "%.1f s", (double)ns / 1e9);
	else if (seconds < 3600)
		snprintf(out, len, "%llu min %llu s", seconds / 60, seconds % 60);
	else
		snprintf(out, len, "%llu h %llu min", seconds / 3600, seconds % 3600 / 60);
}

void duration__format(uint64_t ns, enum duration_style style, char *out, size_t len)
{
	switch (style) {
	case DURATION_EXACT:
		format_exact(ns, out, len);
		break;
	case DURATION_ROUNDED:
		format_rounded(ns, out, len);
		break;
	case DURATION_LONG:
		format_long(ns, out, len);
		break;
	}
}

void utc__format(int64_t utc_ns, char out[32])
{
	time_t seconds = utc_ns / 1000000000;
	struct tm tm;
	size_t n;

	*out = '\0';
	if (utc_ns < 0 || !gmtime_r(&seconds, &tm))
		return;
	n = strftime(out, 32, "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(out + n, 32 - n, ".%09uZ", (unsigned int)(utc_ns % 1000000000));
}

void utc__format_seconds(int64_t utc_ns, char out[32])
{
	time_t seconds = utc_ns / 1000000000;
	struct tm tm;

	*out = '\0';
	if (gmtime_r(&seconds, &tm))
		strftime(out, 32, "%Y-%m-%d %H:%M:%S UTC", &tm);
}

static int as_date(const char *text, int64_t *utc_ns)
{
	static const char *const formats[] = { "%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S" };
	struct tm tm;
	const char *end;
	time_t t;

	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		int day;

		memset(&tm, 0, sizeof(tm));
		end = strptime(text, formats[i], &tm);
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
