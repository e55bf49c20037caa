#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Prints the numbers that test_gate.c expects, computed by SciPy (python3-scipy 1.10),
which is not needed to run the test. An end of the interval is where Welch's t-test of NEW,
shifted by so much, against the ratio times BASE gives p = 0.01."""
import numpy as np
from scipy import optimize, stats

for p, df in ((0.975, 1), (0.975, 8), (0.9975, 8.3), (0.99982, 14), (0.9999, 2.5), (0.995, 38)):
    print(f"	{{ {p}, {df}, {stats.t.ppf(p, df):.12g} }},")
for t, df in ((-2.5, 4), (0.3, 7.7), (6, 18)):
    print(f"cdf {t} {df} {stats.t.cdf(t, df):.15g}")

SETS = {
    "quiet": ([4631.2, 4634.4, 4636.0, 4632.8, 4630.4, 4635.1], [4678.1, 4680.9, 4677.5, 4682.2, 4679.0, 4681.3]),
    "noisy": ([100.0, 112, 95, 104, 99], [101.0, 90, 118, 99, 107, 103, 97]),
    "one still": ([250.0, 250, 250, 250, 250], [252.0, 249, 251, 250, 253]),
}
for name, (base, new) in SETS.items():
    b, n = np.array(base), np.array(new)
    r = n.mean() / b.mean()
    def p(shift, n=n, other=r * b):
        return stats.ttest_ind(n - shift, other, equal_var=False).pvalue - 0.01
    wide = 100 * max(np.ptp(b), np.ptp(n))
    half = optimize.brentq(p, 0, wide, xtol=1e-13) / b.mean()
    low, high = r - half, r + half
    print(f"{name}: {r:.12g}, {low:.12g}, {high:.12g}")
