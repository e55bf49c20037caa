# SPDX-License-Identifier: GPL-2.0-only
"""The table that `make proof` ends with, and its verdict."""
import json
import os
import sys


def load(out, name):
    with open(os.path.join(out, name, "proof.json"), encoding="ascii") as f:
        run = json.load(f)
    with open(os.path.join(out, name, "cmdq_errors"), encoding="ascii") as f:
        run["cmdq_errors"] = int(f.read())
    return run


def ms(ns):
    return f"{ns / 1e6:.1f} ms"


def window(run, key):
    # The round ends some time, the danger does not
    return "until its reset" if run["written_after_unmap"] == run["rounds"] else ms(run[key])


ROWS = (
    ("rounds", lambda r: r["rounds"]),
    ("ATC invalidations that timed out", lambda r: r["timeouts"]),
    ("CMDQ errors", lambda r: r["cmdq_errors"]),
    ("pages of somebody else corrupted", lambda r: r["corrupted"]),
    ("rounds with a write after the unmap returned", lambda r: r["written_after_unmap"]),
    ("writes that the SMMU blocked", lambda r: r["blocked"]),
    ("write possible after the unmap began, median", lambda r: window(r, "write_ns_median")),
    ("write possible after the unmap began, longest", lambda r: window(r, "write_ns_max")),
    ("longest unmap", lambda r: ms(r["unmap_ns_max"])),
)


def verdict(base, patched):
    problems = []
    if base["corrupted"] != base["rounds"]:
        problems.append("Linux 7.3 was not corrupted in every round: the proof proves nothing")
    if patched["corrupted"] or patched["written_after_unmap"]:
        problems.append("with the series, a device wrote after an unmap had returned")
    if not patched["blocked"]:
        problems.append("with the series, no write was blocked: was any tried?")
    return problems


def main(out):
    base, patched, slow = (load(out, n) for n in ("base", "patched", "patched-1.5s"))
    heads = ("Linux 7.3", "with the series", "..., time-out 1.5 s")
    print(f"{'':46}{heads[0]:>16}{heads[1]:>18}{heads[2]:>22}")
    for label, value in ROWS:
        print(f"{label:46}{value(base):>16}{value(patched):>18}{value(slow):>22}")
    print("\nThe last column is a limit: the driver polls for 1 s, and a device that takes longer\n"
          "can write until the SMMU goes on. No verdict hangs on it.")
    problems = verdict(base, patched)
    for p in problems:
        print(f"proof: {p}", file=sys.stderr)
    return 1 if problems else 0


sys.exit(main(sys.argv[1]))
