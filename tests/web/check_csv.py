#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""check_csv.py FILE ROWS NAME: so many rows, all as wide as the header; device names begin with NAME."""
import csv
import sys


def main():
    with open(sys.argv[1], encoding="utf-8", errors="replace", newline="") as f:
        header, *rows = csv.reader(f, strict=True)
    if len(rows) != int(sys.argv[2]):
        sys.exit(f"{sys.argv[1]}: {len(rows)} rows")
    for row in rows:
        if len(row) != len(header):
            sys.exit(f"{sys.argv[1]}: {len(row)} fields under {len(header)} names: {row}")
        if not row[header.index("name")].startswith(sys.argv[3]):
            sys.exit(f"{sys.argv[1]}: name {row[header.index('name')]!r}")
        int(row[header.index("atc_timeouts")])


main()
