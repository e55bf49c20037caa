// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "stats.h"

/* xorshift64 */
static uint64_t next_chance(struct samples *s)
{
	uint64_t x = s->chance ? s->chance : 88172645463325252ull;

	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	return s->chance = x;
}

int samples__add(struct samples *s, uint64_t value)
{
	if (!s->seen || value < s->min)
		s->min = value;
	if (value > s->max)
		s->max = value;
	s->seen++;
	if (s->limit && s->n == s->limit) {
		uint64_t at = next_chance(s) % s->seen;

		if (at < s->n) {
			s->v[at] = value;
			s->sorted = false;
		}
		return 0;
	}
	if (s->n == s->room) {
		size_t room = s->room ? s->room * 2 : 64;
		uint64_t *v = realloc(s->v, room * sizeof(*v));

		if (!v)
			return -ENOMEM;
		s->v = v;
		s->room = room;
	}
	s->v[s->n++] = value;
	s->sorted = false;
	return 0;
}

void samples__free(struct samples *s)
{
	free(s->v);
	s->v = NULL;
	s->n = s->room = 0;
	s->seen = s->min = s->max = 0;
}

static int compare(const void *a, const void *b)
{
	uint64_t l = *(const uint64_t *)a, r = *(const uint64_t *)b;

	return l < r ? -1 : l > r;
}

/* ceil(percent * n / 100), at least 1: ranks begin at 1 */
static uint64_t rank_of(uint64_t n, unsigned int percent)
{
	uint64_t rank = n / 100 * percent + (n % 100 * percent + 99) / 100;

	return rank ? rank : 1;
}

uint64_t samples__quantile(struct samples *s, unsigned int percent)
{
	if (!s->n)
		return 0;
	if (!s->sorted) {
		qsort(s->v, s->n, sizeof(*s->v), compare);
		s->sorted = true;
	}
	if (!percent || percent == 100)
		return percent ? s->max : s->min;
	return s->v[rank_of(s->n, percent) - 1];
}

uint64_t hist__quantile(const struct atcq_hist *h, unsigned int percent)
{
	uint64_t want = rank_of(h->count, percent), seen = 0;

	for (unsigned int i = 0; h->count && i < ATCQ_HIST_BUCKETS; i++) {
		seen += h->bucket[i];
		if (seen >= want)
			return atcq_hist_lower(i);
	}
	return 0;
}

void format_ns(uint64_t ns, char *out, size_t len)
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
