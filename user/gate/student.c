// SPDX-License-Identifier: GPL-2.0-only
#include <math.h>

#include "student.h"

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
