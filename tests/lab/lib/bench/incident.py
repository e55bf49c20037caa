# SPDX-License-Identifier: GPL-2.0-only
"""Prints what guest/bench-incident.sh measured."""
import json
import os
import statistics
import sys

from files import events, until_second_error


def main(out):
    out = os.path.join(out, "patched")
    alone, blocks, raised = [], [], None
    for e in events(os.path.join(out, "alone")):
        if e.name == "arm_smmu_cmdq_error":
            raised = e.ns
        else:
            alone.append(e.ns - raised)
            blocks.append(e.args["duration"])
    quarantine, block = statistics.median(alone), statistics.median(blocks)
    again = until_second_error(os.path.join(out, "second")) - until_second_error(os.path.join(out, "first"))
    floor = block + again
    with open(os.path.join(out, "report.json"), encoding="utf-8") as f:
        report = json.load(f)
    print(f"{len(alone)} incidents with a quiet console, median instructions")
    print(f"  quarantine: raised to blocked           {quarantine:8.0f}   {quarantine / floor:.2f} of the floor (goal 1.5)")
    print(f"  the floor, each alone                   {floor:8.0f}")
    print(f"    an ATC_INV issued again, CMD_SYNC     {again:8.0f}")
    print(f"    the block: STE, CFGI_STE, CMD_SYNC    {block:8.0f}")
    print("  the same with atcq report attached, which this adds to")
    for which in ("quarantine", "exposure", "fence"):
        print(f"    {which:37} {report['latency_ns'][which]['p50']:8}")
    print("    (exposure contains the emulated time-out of 10,000,000, and the polling for it)")


main(sys.argv[1])
