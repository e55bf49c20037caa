#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""report_forms.py FOLDER: is it the same incident in all forms of the report?"""
import csv
import html.parser
import json
import os
import sys


class Page(html.parser.HTMLParser):
    """Counts elements by class, and keeps the text and what could load something."""

    def __init__(self):
        super().__init__()
        self.classes, self.text, self.loads = {}, [], []

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        for name in (attrs.get("class") or "").split():
            self.classes[name] = self.classes.get(name, 0) + 1
        if tag in ("script", "link", "img", "iframe", "object") or "src" in attrs:
            self.loads.append(tag)

    def handle_data(self, data):
        self.text.append(data)


def check(what, got, want):
    if got != want:
        sys.exit(f"{what}: {got!r}, should be {want!r}")


def main():
    folder = sys.argv[1]

    def read(name):
        with open(os.path.join(folder, name), encoding="utf-8") as f:
            return f.read()

    plain = json.loads(read("plain.json"))
    incident = plain["incidents"][0]
    check("incidents in JSON", len(plain["incidents"]), 1)
    check("boot id", plain["boot_id"], read("boot_id").strip())

    rows = list(csv.DictReader(read("report.csv").splitlines()))
    check("rows of the CSV", len(rows), 1)
    row = rows[0]
    for column, want in (("device", incident["device"]), ("state", "recovered"), ("open", "0"),
                         ("incomplete", "0"), ("driver", "vfio-pci"), ("boot_id", plain["boot_id"]),
                         ("cmdq_errors", "1"), ("kernel", read("kernel").strip())):
        check(f"CSV {column}", row[column], want)
    # Each report has BPF programs of its own, which see the same moment one after the other
    stamps = {p: int(row[f"{p}_boottime_ns"]) for p in incident["stamps_ns"]}
    for phase, ns in incident["stamps_ns"].items():
        if abs(stamps[phase] - ns) > 50_000_000:
            sys.exit(f"CSV {phase}: {stamps[phase]}, far from {ns}")
    check("CSV quarantine_ns", int(row["quarantine_ns"]), stamps["blocked"] - stamps["raised"])
    check("CSV recovery_ns", int(row["recovery_ns"]), stamps["recovered"] - stamps["raised"])
    prefix = incident["incident"].rsplit("-", 1)[0]
    check("CSV incident", row["incident"], f"{prefix}-{stamps['raised']:x}")

    trace = json.loads(read("report.json"))
    slices = [e for e in trace["traceEvents"] if e["ph"] == "X"]
    check("slices in the trace", [e["name"] for e in slices],
          ["incident", "unanswered", "telling", "blocking", "fencing", "fenced", "resetting", "restoring"])
    check("CMDQ errors in the trace", slices[0]["args"]["cmdq_errors"], 1)
    check("incident in the trace", slices[0]["args"]["incident"].rsplit("-", 1)[0], prefix)
    syncs = [e for e in trace["traceEvents"] if e["ph"] == "C" and e["name"] == "CMD_SYNC/s"]
    if len(syncs) < 8 or not any(e["args"]["value"] > 0 for e in syncs):
        sys.exit(f"CMD_SYNC/s: {len(syncs)} samples, or all are 0")

    page = Page()
    page.feed(read("report.html"))
    text = "".join(page.text)
    check("incidents on the timeline", page.classes.get("inc"), 1)
    check("marks on the heat map", page.classes.get("mark"), 2)     # and one in the legend
    check("curves", page.classes.get("cdf"), 6)
    check("what could load something", page.loads, [])
    if not 8 <= page.classes.get("slice", 0) <= 240:
        sys.exit(f"{page.classes.get('slice')} time buckets")
    for needle in (prefix, plain["boot_id"], read("kernel").strip(), "1 incident, recovered",
                   "atcq report --format html -o", "<b>&\"nasty\"</b>"):
        if needle not in text:
            sys.exit(f"the page does not say {needle!r}")


main()
