# SPDX-License-Identifier: GPL-2.0-only
"""Prints what guest/bench-unmap.sh measured."""
import sys

from files import number


def main(out):
    def value(run, name="idle"):
        return number(out, run, name)

    base = value("base")
    print("instructions per strict unmap (TLBI, CMD_SYNC; ATC_INV, CMD_SYNC)   per CMD_SYNC against base")
    print(f"  Linux 7.3                          {base:8}")
    for name, title in (("idle", "with the series, idle"),
                        ("after", "... idle, after an incident"),
                        ("attached", "... atcq report attached"),
                        ("armed", "... a fault armed elsewhere")):
        delta = value("patched", name) - base
        print(f"  {title:34} {value('patched', name):8} {delta / 2:+21.1f}  ({100 * delta / base:+.2f} %)")
    tlbi = value("patched-noats") - value("base-noats")
    atc = value("patched") - base - tlbi
    print("  of that, idle, by the list of commands")
    print(f"    TLBI, CMD_SYNC (no ATS)          {value('patched-noats'):8} {tlbi:+21}")
    print(f"    ATC_INV, CMD_SYNC (the rest)     {value('patched') - value('patched-noats'):8} {atc:+21}")


main(sys.argv[1])
