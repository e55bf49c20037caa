/* SPDX-License-Identifier: GPL-2.0-only */
/* Clocks in ns, and durations and points in time as text. */
#ifndef ATCQ_LIB_CLOCK_H
#define ATCQ_LIB_CLOCK_H

#include <stddef.h>
#include <stdint.h>

uint64_t clock__boottime_ns(void);	/* the clock of events */
uint64_t clock__monotonic_ns(void);
uint64_t clock__process_cpu_ns(void);	/* CPU time that this process has used */
int64_t clock__realtime_ns(void);
int64_t clock__wall_offset_ns(void);	/* CLOCK_REALTIME - CLOCK_BOOTTIME, now */

/* "10s", "500us", "2m", "250ms", "7ns", "90d"; 0, -EINVAL or -ERANGE */
int duration__parse(const char *text, uint64_t *ns);

enum duration_style {
	DURATION_EXACT,		/* "1.234 ms", "12 ns" */
	DURATION_ROUNDED,	/* "1.23 ms": three digits, for readers */
	DURATION_LONG,		/* "12.3 s", "5 min 2 s", "3 h 12 min" */
};

/* 32 bytes are enough for any of them */
void duration__format(uint64_t ns, enum duration_style style, char *out, size_t len);

/* "2026-11-20T14:30:05.123456789Z"; "" before 1970 */
void utc__format(int64_t utc_ns, char out[32]);
/* "2026-11-20 14:30:05 UTC" */
void utc__format_seconds(int64_t utc_ns, char out[32]);

/*
 * "24h" before @now_utc_ns, "2026-11-20", "2026-11-20T14:30", "2026-11-20T14:30:05"
 * in local time, or in UTC with a Z behind it. -EINVAL: none of them, or after now.
 */
int since__parse(const char *text, int64_t now_utc_ns, int64_t *utc_ns);

#endif
