#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""check_page.py DOM [NAME=NUMBER...] [TEXT...]

DOM is what Chromium dumped of the page around a report. The report has so many
of each NAME (see measure.js), says each TEXT, and is laid out without a fault.
"""
import html.parser
import json
import re
import sys


class Result(html.parser.HTMLParser):
    def __init__(self):
        super().__init__()
        self.inside, self.json = False, ""

    def handle_starttag(self, tag, attrs):
        self.inside = tag == "pre" and ("id", "result") in attrs

    def handle_endtag(self, tag):
        self.inside = self.inside and tag != "pre"

    def handle_data(self, data):
        if self.inside:
            self.json += data


def main():
    parser = Result()
    with open(sys.argv[1], encoding="utf-8") as f:
        parser.feed(f.read())
    if not parser.json:
        sys.exit("the browser measured nothing")
    page = json.loads(parser.json)
    faults = list(page["problems"])
    for want in sys.argv[2:]:
        number = re.fullmatch(r"([a-z_]+)=(\d+)", want)
        if number and page["count"][number[1]] != int(number[2]):
            faults.append(f"{number[1]}: {page['count'][number[1]]}, should be {number[2]}")
        elif not number and want not in page["text"] and want != page["title"]:
            faults.append(f"does not say {want!r}")
    if faults:
        sys.exit("\n".join(faults))


main()
