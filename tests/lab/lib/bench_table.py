# SPDX-License-Identifier: GPL-2.0-only
"""Prints what tests/lab/bench measured; under icount 1 ns is 1 instruction."""
import json
import os
import sys


def number(*path):
    with open(os.path.join(*path), encoding="utf-8") as f:
        return int(f.read())


def main(out):
    base = number(out, "base", "idle")
    print("instructions per strict unmap (2 CMD_SYNCs)        per CMD_SYNC against base")
    print(f"  Linux 7.3                      {base:8}")
    for name, title in (("idle", "with the series, idle"),
                        ("attached", "... atcq report attached"),
                        ("armed", "... a fault armed elsewhere")):
        value = number(out, "patched", name)
        delta = (value - base) / 2
        print(f"  {title:30} {value:8}      {delta:+8.1f}  ({100 * (value - base) / base:+.2f} %)")
    with open(os.path.join(out, "patched", "incident.json"), encoding="utf-8") as f:
        report = json.load(f)
    print(f"{report['totals']['incidents']} incidents with a quiet console, median instructions")
    for which in ("quarantine", "exposure", "fence"):
        print(f"  {which:30} {report['latency_ns'][which]['p50']:8}")
    print("  (exposure contains the emulated time-out of 10,000,000, and the polling for it)")
    block = number(out, "patched", "block")
    quarantine = report["latency_ns"]["quarantine"]["p50"]
    print(f"  the block itself: STE, CFGI_STE, CMD_SYNC {block}; quarantine is {quarantine / block:.2f} of that")
    errors = report["totals"]["cmdq_errors"] / report["totals"]["incidents"]
    print(f"  CMDQ errors an incident: {errors:g}")


main(sys.argv[1])
