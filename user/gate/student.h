/* SPDX-License-Identifier: GPL-2.0-only */
/* Student's t distribution; pure C. */
#ifndef ATCQ_GATE_STUDENT_H
#define ATCQ_GATE_STUDENT_H

/* P(T <= t) with @df > 0 degrees of freedom, which need not be a whole number */
double student__cdf(double t, double df);

/* The t of which P(T <= t) is @p, 0.5 <= p < 1 */
double student__quantile(double p, double df);

/*
 * In how many ways two groups of so many can be told from their ranks, as a natural
 * logarithm: ln((n + m)! / (n! m!))
 */
double log_choices(unsigned long n, unsigned long m);

#endif
