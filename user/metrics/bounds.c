// SPDX-License-Identifier: GPL-2.0-only
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bounds.h"

/* A CMD_SYNC takes from 119 ns to 4 s, two buckets an octave; what an incident has, from 0.95 us to 128 s */
const struct bounds bounds_sync = { .first = -92, .last = 8, .stride = 2 };
const struct bounds bounds_incident = { .first = -80, .last = 28, .stride = 4 };

static struct {
	uint64_t ns[BOUNDS_N];		/* the longest duration of the bucket, whole ns */
	char text[BOUNDS_N][BOUNDS_TEXT];
	int16_t fine[ATCQ_HIST_BUCKETS];	/* the bucket of each of the kernel's */
} tables;
static pthread_once_t made = PTHREAD_ONCE_INIT;

double bounds__seconds(int index)
{
	/* Prometheus' own numbers: they are compared for equality */
	static const double quarter[] = {
		0.5, 0.5946035575013605, 0.7071067811865475, 0.8408964152537144,
	};
	int octave = index >= 0 ? index / 4 : -((3 - index) / 4);

	return ldexp(quarter[index - octave * 4], octave + 1);
}

static void shortest(double v, char *out)
{
	for (int digits = 1; digits <= 17; digits++) {
		snprintf(out, BOUNDS_TEXT, "%.*g", digits, v);
		if (strtod(out, NULL) == v)
			break;
	}
	if (!strpbrk(out, ".e"))
		strcat(out, ".0");
}

static int find(uint64_t ns)
{
	int low = 0, high = BOUNDS_N - 1;

	while (low < high) {
		int mid = (low + high) / 2;

		if (ns <= tables.ns[mid])
			high = mid;
		else
			low = mid + 1;
	}
	return low + BOUNDS_FIRST;
}

static void make(void)
{
	for (int i = 0; i < BOUNDS_N; i++) {
		double s = bounds__seconds(i + BOUNDS_FIRST);

		tables.ns[i] = floorl((long double)s * 1e9L);
		shortest(s, tables.text[i]);
	}
	/* By the largest value that a fine bucket can have */
	for (uint32_t i = 0; i < ATCQ_HIST_BUCKETS; i++)
		tables.fine[i] = find(i + 1 < ATCQ_HIST_BUCKETS ? atcq_hist_lower(i + 1) - 1 :
								   1ull << ATCQ_HIST_MAX_BITS);
}

const char *bounds__text(int index)
{
	pthread_once(&made, make);
	return tables.text[index - BOUNDS_FIRST];
}

int bounds__index(uint64_t ns)
{
	pthread_once(&made, make);
	return find(ns);
}

void durations__add(struct durations *d, uint64_t ns)
{
	d->count++;
	d->sum_ns += ns;
	if (ns)
		d->bucket[bounds__index(ns) - BOUNDS_FIRST]++;
	else
		d->zero++;
}

void durations__from_hist(struct durations *d, const struct atcq_hist *h)
{
	pthread_once(&made, make);
	memset(d, 0, sizeof(*d));
	d->sum_ns = h->sum_ns;
	/* Counted anew: CPUs went on between count and buckets, and these must agree */
	d->zero = d->count = h->bucket[0];
	for (uint32_t i = 1; i < ATCQ_HIST_BUCKETS; i++) {
		d->bucket[tables.fine[i] - BOUNDS_FIRST] += h->bucket[i];
		d->count += h->bucket[i];
	}
}
