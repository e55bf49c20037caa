#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Draws comparisons from pools of boots, has 'atcq diff' judge each, and counts.
Usage: proof.py ATCQ patched=FOLDER slow:PERCENT=FOLDER... unrelated:N=FOLDER...
Exit status 1: a false alarm, or a slow-down of 1 % or more that was not reported."""
import collections
import glob
import os
import random
import sys

from draw import diff, noise

BOOTS = 8		# of each side: what diff needs for its metrics and looks
LOOKS = 16		# as tests/lab/gate looks, with its cap of 20
SAME, SLOW, REBUILT = 100, 20, 20


def pool(folder):
    files = sorted(glob.glob(os.path.join(folder, "*.json")))
    if len(files) < BOOTS:
        sys.exit(f"proof: {folder} has {len(files)} boots, {BOOTS} are needed")
    return files


def metric(comparison, name):
    return next(m for m in comparison["metrics"] if m["metric"] == name)


def row(what, codes, quarantine):
    counts = collections.Counter(codes)
    changes = [(m["ratio"]["value"] - 1) * 100 for m in quarantine]
    print(f"  {what:44} {len(codes):4} " + " ".join(f"{counts[c]:12}" for c in (4, 0, 5, 1)) +
          f"   {min(changes):+.2f} .. {max(changes):+.2f} %")


def series(atcq, what, pairs, *options):
    results = [diff(atcq, base, new, "--looks", str(LOOKS), *options) for base, new in pairs]
    codes = [code for code, _ in results]
    row(what, codes, [metric(c, "quarantine_ns") for _, c in results])
    return codes


def disjoint(rng, files, times):
    for _ in range(times):
        drawn = rng.sample(files, 2 * BOOTS)
        yield drawn[:BOOTS], drawn[BOOTS:]


def across(rng, base, new, times):
    for _ in range(times):
        yield rng.sample(base, BOOTS), rng.sample(new, BOOTS)


def main(atcq, args):
    pools = {name: pool(folder) for name, folder in (a.split("=", 1) for a in args)}
    base, rng, bad = pools.pop("patched"), random.Random(20261125), []
    noise(atcq, base)
    print(f"comparisons of {BOOTS} with {BOOTS} boots    times   regression    not worse   not enough       failed   change of quarantine_ns")
    codes = series(atcq, "the series with itself", disjoint(rng, base, SAME))
    bad += [c for c in codes if c in (1, 4)]
    for name, files in pools.items():
        kind, which = name.split(":")
        if kind == "slow":
            codes = series(atcq, f"quarantine slower by {which} %", across(rng, base, files, SLOW))
            bad += [c for c in codes if (c != 4) == (float(which) >= 1)]
        else:
            codes = series(atcq, f"rebuilt, unrelated configuration {which}",
                           across(rng, base, files, REBUILT), "--force")
            bad += [c for c in codes if c in (1, 4)]
    print("as it should be" if not bad else f"{len(bad)} comparisons did not end as they should")
    return 1 if bad else 0


sys.exit(main(sys.argv[1], sys.argv[2:]))
