// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <math.h>
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
	if (s->n == s->capacity) {
		size_t capacity = s->capacity ? s->capacity * 2 : 64;
		uint64_t *v = realloc(s->v, capacity * sizeof(*v));

		if (!v)
			return -ENOMEM;
		s->v = v;
		s->capacity = capacity;
	}
	s->v[s->n++] = value;
	s->sorted = false;
	return 0;
}

void samples__free(struct samples *s)
{
	free(s->v);
	s->v = NULL;
	s->n = s->capacity = 0;
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
	uint64_t rank = rank_of(h->count, percent), seen = 0;

	for (unsigned int i = 0; h->count && i < ATCQ_HIST_BUCKETS; i++) {
		seen += h->bucket[i];
		if (seen >= rank)
			return atcq_hist_lower(i);
	}
	return 0;
}

#define ENOUGH	1e-15
#define TINY	1e-300

static double not_zero(double v)
{
	return fabs(v) < TINY ? TINY : v;
}

/*
 * The continued fraction of the incomplete beta function, by Lentz's method (DLMF
 * 8.17.22); converges fast for x < (a + 1) / (a + b + 2)
 */
static double beta_fraction(double a, double b, double x)
{
	double c = 1, d = 1 / not_zero(1 - (a + b) * x / (a + 1)), h = d;

	for (int m = 1; m < 500; m++) {
		double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
		double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));

		d = 1 / not_zero(1 + even * d);
		c = not_zero(1 + even / c);
		h *= d * c;
		d = 1 / not_zero(1 + odd * d);
		c = not_zero(1 + odd / c);
		h *= d * c;
		if (fabs(d * c - 1) < ENOUGH)
			break;
	}
	return h;
}

/* The regularized incomplete beta function I_x(a, b) */
static double beta(double a, double b, double x)
{
	double front;

	if (x <= 0 || x >= 1)
		return x <= 0 ? 0 : 1;
	front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log1p(-x));
	if (x < (a + 1) / (a + b + 2))
		return front * beta_fraction(a, b, x) / a;
	return 1 - front * beta_fraction(b, a, 1 - x) / b;
}

double student__cdf(double t, double df)
{
	double tail = beta(df / 2, 0.5, df / (df + t * t)) / 2;

	return t < 0 ? tail : 1 - tail;
}

double student__quantile(double p, double df)
{
	double low = 0, high = 1;

	while (student__cdf(high, df) < p && high < 1e12)
		high *= 2;
	for (int i = 0; i < 200 && high - low > 1e-12 * high; i++) {
		double mid = (low + high) / 2;

		if (student__cdf(mid, df) < p)
			low = mid;
		else
			high = mid;
	}
	return (low + high) / 2;
}

double log_choices(unsigned long n, unsigned long m)
{
	return lgamma(n + m + 1.0) - lgamma(n + 1.0) - lgamma(m + 1.0);
}

struct moments moments__of(const double *v, size_t n)
{
	struct moments m = { .n = n };
	double square = 0;

	for (size_t i = 0; i < n; i++)
		m.mean += v[i] / n;
	for (size_t i = 0; i < n; i++)
		square += (v[i] - m.mean) * (v[i] - m.mean);
	m.sd = n > 1 ? sqrt(square / (n - 1)) : 0;
	/* Equal values have no variation; ignore rounding errors */
	if (m.sd < m.mean * 1e-12)
		m.sd = 0;
	return m;
}

double moments__noise(const struct moments *m)
{
	return m->mean > 0 ? m->sd / m->mean : 0;
}

struct ratio ratio__of(const struct moments *base, const struct moments *now, double alpha)
{
	struct ratio r = { .kind = RATIO_NONE };
	double vb, vn, df, margin;

	if (base->n < 2 || now->n < 2)
		return r;
	if (!(base->mean > 0)) {
		r.kind = now->mean > 0 ? RATIO_FROM_ZERO : RATIO_BOTH_ZERO;
		return r;
	}
	r.kind = RATIO_INTERVAL;
	r.value = now->mean / base->mean;
	/* Variances of both means, in units of base's: the delta method */
	vb = r.value * r.value * base->sd * base->sd / base->n / (base->mean * base->mean);
	vn = now->sd * now->sd / now->n / (base->mean * base->mean);
	margin = 0;
	if (vb + vn > 0) {
		df = (vb + vn) * (vb + vn) / (vb * vb / (base->n - 1) + vn * vn / (now->n - 1));
		margin = student__quantile(1 - alpha / 2, df) * sqrt(vb + vn);
	}
	r.low = r.value - margin;
	r.high = r.value + margin;
	return r;
}

bool ratio__enough_boots(size_t base, size_t now, double alpha)
{
	/* Either side may be first: two of all orders */
	return base >= 2 && now >= 2 && log(2) - log_choices(base, now) <= log(alpha);
}

size_t ratio__least_boots(double alpha)
{
	size_t n = 2;

	while (!ratio__enough_boots(n, n, alpha))
		n++;
	return n;
}
