// SPDX-License-Identifier: GPL-2.0-only
#include <math.h>

#include "ratio.h"
#include "student.h"

struct moments moments__of(const double *v, size_t n)
{
	struct moments m = { .n = n };
	double square = 0;

	for (size_t i = 0; i < n; i++)
		m.mean += v[i] / n;
	for (size_t i = 0; i < n; i++)
		square += (v[i] - m.mean) * (v[i] - m.mean);
	m.sd = n > 1 ? sqrt(square / (n - 1)) : 0;
	/* What rounding leaves of equal values is no variation */
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
	double vb, vn, df, half;

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
	half = 0;
	if (vb + vn > 0) {
		df = (vb + vn) * (vb + vn) / (vb * vb / (base->n - 1) + vn * vn / (now->n - 1));
		half = student__quantile(1 - alpha / 2, df) * sqrt(vb + vn);
	}
	r.low = r.value - half;
	r.high = r.value + half;
	return r;
}

bool ratio__enough_boots(size_t base, size_t now, double alpha)
{
	/* Either side may be first: twice one way out of all */
	return base >= 2 && now >= 2 && log(2) - log_choices(base, now) <= log(alpha);
}

size_t ratio__least_boots(double alpha)
{
	size_t n = 2;

	while (!ratio__enough_boots(n, n, alpha))
		n++;
	return n;
}
