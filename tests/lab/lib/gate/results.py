#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Results, as user/results/results.h has them, of what guest/gate.sh measured in one boot.
Usage: results.py FOLDER KEY=VALUE...: what this boot was given that others were not."""
import json
import os
import sys


def load(*path):
    with open(os.path.join(*path), encoding="utf-8") as f:
        return json.load(f)


def environment(lines, report):
    given = dict(line.split("=", 1) for line in lines if line.startswith("ATCQ_ENV_"))
    env = {"atcq": report["atcq"], "kernel": lines[0], "build": lines[1],
           "config": given.get("ATCQ_ENV_CONFIG", ""), "machine": lines[2],
           "clock": given.get("ATCQ_ENV_CLOCK", ""), "source": report["source"],
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


def main(folder, wanted, varied):
    with open(os.path.join(folder, "env"), encoding="utf-8") as f:
        lines = f.read().splitlines()
    report = load(folder, "incidents.json")
    end, reason = verdict(report, wanted)
    boot = {"boot_id": lines[4], "varied": varied, "metrics": {}}
    if end == "ok":
        boot["metrics"] = incident_metrics(report) | peace_metrics(load(folder, "peace.json"))
        with open(os.path.join(folder, "unmaps"), encoding="utf-8") as f:
            boot["metrics"]["unmap_ns"] = [json.loads(line)["mean_ns"] for line in f]
    json.dump({"format": "atcq-results", "version": 1, "environment": environment(lines, report),
               "scenarios": [{"name": "hardware-timeout", "verdict": end, "reason": reason,
                              "boots": [boot]}]}, sys.stdout, indent=1)
    print()


main(sys.argv[1], int(sys.argv[2]), dict(arg.split("=", 1) for arg in sys.argv[3:]))
