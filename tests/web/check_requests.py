#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""check_requests.py NETLOG: fails, and names them, if a page asked for anything but files.

What Chromium asks for by itself ("not an origin") is not the page's doing.
"""
import json
import sys


def main():
    with open(sys.argv[1], encoding="utf-8") as f:
        log = json.load(f)
    types = {v: k for k, v in log["constants"]["logEventTypes"].items()}
    started = [e["params"] for e in log["events"] if types[e["type"]] == "URL_REQUEST_START_JOB"]
    outside = sorted({p["url"] for p in started if "url" in p and p.get("initiator") != "not an origin" and
                      not p["url"].startswith(("file:", "data:"))})
    if outside:
        sys.exit("requests: " + " ".join(outside))


main()
