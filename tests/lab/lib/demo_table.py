# SPDX-License-Identifier: GPL-2.0-only
"""Prints what the two runs of the demo measured, side by side."""
import json
import os
import sys


def load(folder):
    with open(os.path.join(folder, "report.json"), encoding="utf-8") as f:
        report = json.load(f)
    with open(os.path.join(folder, "unmaps.json"), encoding="utf-8") as f:
        report["unmaps"] = json.load(f)
    states = []
    for name in ("state", "state-after"):
        with open(os.path.join(folder, name), encoding="utf-8") as f:
            states.append(" / ".join(f.read().split()) or "not told")
    report["states"] = states
    return report


def time(ns):
    if ns is None:
        return "unknown"
    for unit, size in (("s", 10**9), ("ms", 10**6), ("us", 10**3)):
        if ns >= size:
            return f"{ns / size:.3f} {unit}"
    return f"{ns} ns"


def latency(report, which):
    value = report["latency_ns"][which]["p50"]
    return "none" if value is None else time(value)


def main(out):
    base, patched = (load(os.path.join(out, k)) for k in ("base", "patched"))
    rows = [
        ("CMDQ errors in the second until the reset",
         lambda r: str(r["totals"]["cmdq_errors"])),
        ("raised to ATS blocked (quarantine latency)", lambda r: latency(r, "quarantine")),
        ("issued to ATS blocked (exposure)",
         lambda r: latency(r, "exposure") if r["latency_ns"]["exposure"]["count"]
         else "unbounded"),
        ("raised to fenced by the core", lambda r: latency(r, "fence")),
        ("ATS / blocked before the reset", lambda r: r["states"][0]),
        ("ATS / blocked after the reset", lambda r: r["states"][1]),
        ("longest unmap", lambda r: time(r["unmaps"]["max_ns"])),
    ]
    print(f"{'':44} {'Linux 7.3':>18} {'with the series':>18}")
    for title, value in rows:
        print(f"{title:44} {value(base):>18} {value(patched):>18}")
    if patched["totals"]["recovered"] != 1 or patched["totals"]["cmdq_errors"] != 1:
        sys.exit("demo: the patched kernel did not show exactly one recovered incident")
    if base["totals"]["cmdq_errors"] < 2:
        sys.exit("demo: the unpatched kernel did not show the failure")


main(sys.argv[1])
