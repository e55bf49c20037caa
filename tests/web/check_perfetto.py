#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Checks that a file keeps to Chrome's trace event format as Perfetto reads it.

check_perfetto.py FILE [--incidents N] [--devices N]: names of tracks before
their use, whole numbers for tracks, slices that nest, counters in order of time.
"""
import argparse
import json
import sys
from decimal import Decimal


def fail(event, why):
    sys.exit(f"{why}: {json.dumps(event, default=str)}")


def check_event(event):
    for key, kind in (("ph", str), ("name", str), ("pid", int), ("tid", int)):
        if not isinstance(event.get(key), kind):
            fail(event, f"no {key}, or of a wrong type")
    if event["ph"] not in "MXCi":
        fail(event, "unknown kind of event")
    if event["ph"] != "M" and (not isinstance(event.get("ts"), Decimal) or event["ts"] < 0):
        fail(event, "no time")
    if event["ph"] == "X" and (not isinstance(event.get("dur"), Decimal) or event["dur"] < 0):
        fail(event, "no duration")
    if event["ph"] == "C" and not all(isinstance(v, Decimal) for v in event["args"].values()):
        fail(event, "a counter's value is no number")
    if event["ph"] == "i" and event.get("s") not in ("g", "p", "t"):
        fail(event, "an instant without a scope")


def check_nesting(track, slices):
    """Slices of one track lie within each other or apart."""
    stack = []
    for s in sorted(slices, key=lambda s: (s["ts"], -s["dur"])):
        while stack and stack[-1]["ts"] + stack[-1]["dur"] <= s["ts"]:
            stack.pop()
        if stack and s["ts"] + s["dur"] > stack[-1]["ts"] + stack[-1]["dur"]:
            fail(s, f"overlaps with {stack[-1]['name']} on track {track}")
        stack.append(s)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("file")
    parser.add_argument("--incidents", type=int)
    parser.add_argument("--devices", type=int, help="devices that have an incident")
    args = parser.parse_args()
    with open(args.file, encoding="utf-8") as f:
        trace = json.load(f, parse_float=Decimal)
    named, slices, counters = set(), {}, {}
    for event in trace["traceEvents"]:
        check_event(event)
        track = (event["pid"], event["tid"])
        if event["ph"] == "M":
            named.add(track)
        elif track not in named:
            fail(event, "on a track without a name")
        if event["ph"] == "X":
            slices.setdefault(track, []).append(event)
        if event["ph"] == "C":
            counters.setdefault((event["pid"], event["name"]), []).append(event["ts"])
    for track, found in slices.items():
        check_nesting(track, found)
    for counter, times in counters.items():
        if times != sorted(times):
            sys.exit(f"counter {counter}: not in order of time")
    incidents = [e for found in slices.values() for e in found if e["name"] == "incident"]
    if args.incidents is not None and len(incidents) != args.incidents:
        sys.exit(f"{len(incidents)} incidents, should be {args.incidents}")
    if args.devices is not None and len(slices) != args.devices:
        sys.exit(f"{len(slices)} devices with incidents, should be {args.devices}")
    if not isinstance(trace["otherData"]["boot_id"], str):
        sys.exit("does not say from which boot it is")


main()
