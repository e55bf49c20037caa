#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Says in results, which a guest wrote, what its boot was given that others were not.
Usage: varied.py FILE KEY=VALUE..., to standard output"""
import json
import sys

with open(sys.argv[1], encoding="utf-8") as f:
    results = json.load(f)
for scenario in results["scenarios"]:
    for boot in scenario["boots"]:
        boot["varied"] = dict(arg.split("=", 1) for arg in sys.argv[2:])
json.dump(results, sys.stdout, indent=1)
print()
