#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Results, as user/verify/results.h has them, of what guest/gate.sh or
guest/contention.sh measured in one boot.
Usage: results.py FOLDER KEY=VALUE...: what this boot was given that others were not."""
import json
import os
import statistics
import sys


def load(*path):
    with open(os.path.join(*path), encoding="utf-8") as f:
        return json.load(f)


def environment(lines, source):
    given = dict(line.split("=", 1) for line in lines if line.startswith("ATCQ_ENV_"))
    env = {"atcq": given.get("ATCQ_ENV_PROGRAM", ""), "kernel": lines[0], "build": lines[1],
           "config": given.get("ATCQ_ENV_CONFIG", ""), "machine": lines[2],
           "clock": given.get("ATCQ_ENV_CLOCK", ""), "source": source,
           "cpus": int(lines[3]), "tools": {"emulator": given.get("ATCQ_ENV_EMULATOR", "")}}
    return env


def between(incident, first, last):
    stamps = incident["stamps_ns"]
    return stamps[last] - stamps[first]


def incident_metrics(report):
    metrics = {}
    for incident in report["incidents"]:
        values = {f"{name}_ns": ns for name, ns in incident["latency_ns"].items() if ns is not None}
        values["notice_ns"] = between(incident, "raised", "detected")
        values["block_ns"] = between(incident, "detected", "blocked")
        values["reattach_ns"] = between(incident, "reset_end", "recovered")
        for name in ("atc_timeouts", "cmdq_errors", "suppressed"):
            values[name] = incident[name]
        for name, value in values.items():
            metrics.setdefault(name, []).append(value)
    return metrics


def peace_metrics(report):
    syncs = report["cmd_syncs"][0]
    return {"cmd_syncs": [syncs["count"]], "atc_invs": [report["atc_invs"]],
            "cmd_sync_ns": [syncs["sum_ns"] / syncs["count"]]}


def verdict(report, wanted):
    """Whether every incident was what it was to be; else there is nothing to compare"""
    bad = [i["id"] for i in report["incidents"] if i["open"] or i["incomplete"]]
    seen = len(report["incidents"])
    if report["events_lost"]:
        return "error", f"{report['events_lost']} events were lost"
    if seen != wanted:
        return "failed", f"{seen} incidents, not {wanted}"
    if bad:
        return "failed", f"incident {bad[0]} did not end, or phases of it are missing"
    return "ok", ""


def quarantine(folder, wanted):
    """Of guest/gate.sh: name, source, verdict, its reason, metrics"""
    report = load(folder, "incidents.json")
    end, reason = verdict(report, wanted)
    metrics = {}
    if end == "ok":
        metrics = incident_metrics(report) | peace_metrics(load(folder, "peace.json"))
        with open(os.path.join(folder, "unmaps"), encoding="utf-8") as f:
            metrics["unmap_ns"] = [json.loads(line)["mean_ns"] for line in f]
    return "hardware-timeout", report["source"], end, reason, metrics


def contention(folder, wanted):
    """Of guest/contention.sh, the same; the median, as the host may do something else for a moment"""
    with open(os.path.join(folder, "contended"), encoding="utf-8") as f:
        rounds = [[int(ns) for ns in line.split()] for line in f]
    if len(rounds) != wanted or any(len(r) != 2 for r in rounds):
        return "contention", "none", "failed", "an unmap was not timed", {}
    return "contention", "none", "ok", "", {"contended": [statistics.median(both / alone for alone, both in rounds)]}


def main(folder, wanted, varied):
    with open(os.path.join(folder, "env"), encoding="utf-8") as f:
        lines = f.read().splitlines()
    contended = os.path.exists(os.path.join(folder, "contended"))
    name, source, end, reason, metrics = (contention if contended else quarantine)(folder, wanted)
    boot = {"boot_id": lines[4], "varied": varied, "metrics": metrics}
    json.dump({"format": "atcq-results", "version": 1, "environment": environment(lines, source),
               "scenarios": [{"name": name, "verdict": end, "reason": reason, "boots": [boot]}]},
              sys.stdout, indent=1)
    print()


main(sys.argv[1], int(sys.argv[2]), dict(arg.split("=", 1) for arg in sys.argv[3:]))
