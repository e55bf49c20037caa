#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Draws comparisons from pools of boots, has 'atcq diff' judge each, and counts.
Usage: proof.py ATCQ patched=FOLDER slow:PERCENT=FOLDER... unrelated:N=FOLDER...
Exit status 1: a false alarm, or a slow-down of 1 % or more that was not reported."""
import collections
import glob
import os
import random
import statistics
import sys

from draw import diff, noise

BOOTS = 8		# of each side, at least: what diff needs for its metrics and looks
CAP = 20		# pairs of boots at most, and so
LOOKS = CAP - 4		# looks: as tests/lab/gate
SAME, SLOW, REBUILT = 100, 20, 20


def pool(folder):
    files = sorted(glob.glob(os.path.join(folder, "*.json")))
    if len(files) < BOOTS:
        sys.exit(f"proof: {folder} has {len(files)} boots, {BOOTS} are needed")
    return files


def metric(comparison, name):
    return next(m for m in comparison["metrics"] if m["metric"] == name)


def judge(atcq, base, new, *options):
    """As tests/lab/gate does it: a pair of boots more until it is decided, or there is none"""
    for n in range(BOOTS, min(len(base), len(new), CAP) + 1):
        code, comparison = diff(atcq, base[:n], new[:n], "--looks", str(LOOKS), *options)
        if code != 5:
            break
    return code, n, metric(comparison, "quarantine_ns")


def series(atcq, what, pairs, *options):
    judged = [judge(atcq, base, new, *options) for base, new in pairs]
    counts = collections.Counter(code for code, _, _ in judged)
    changes = [(m["ratio"]["value"] - 1) * 100 for _, _, m in judged]
    boots = [n for _, n, _ in judged]
    print(f"  {what:36} {len(judged):6} " + " ".join(f"{counts[c]:11}" for c in (4, 0, 5, 1)) +
          f"   {statistics.mean(boots):6.1f} ({max(boots)})   {min(changes):+.2f} .. {max(changes):+.2f} %", flush=True)
    return [code for code, _, _ in judged]


def disjoint(rng, files, times):
    half = min(CAP, len(files) // 2)
    for _ in range(times):
        drawn = rng.sample(files, 2 * half)
        yield drawn[:half], drawn[half:]


def across(rng, base, new, times):
    for _ in range(times):
        yield rng.sample(base, min(CAP, len(base))), rng.sample(new, min(CAP, len(new)))


def main(atcq, args):
    pools = {name: pool(folder) for name, folder in (a.split("=", 1) for a in args)}
    base, rng, bad = pools.pop("patched"), random.Random(20261125), []
    noise(atcq, base)
    print("comparisons                             times  regression   not worse  not enough      failed  boots (most)   change of quarantine_ns")
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
