# SPDX-License-Identifier: GPL-2.0-only
"""Prints what guest/bench-errors.sh measured."""
import sys

from files import number


def main(out):
    print("CMDQ errors of a device that is dead for 2 s                 Linux 7.3   with the series")
    for name, title in (("5", "alone in its domain, 5 unmaps a second"),
                        ("20", "... 20 unmaps a second"),
                        ("100", "... 100 unmaps a second, or as many as come through"),
                        ("list", "the same, two devices in the domain")):
        print(f"  {title:56} {number(out, 'base', name):11} {number(out, 'patched', name):17}")
    print("  (one for the list that it was in, one when it is asked alone if others were in that")
    print("  list too; other issuers whose lists were queued meanwhile add theirs, once each)")


main(sys.argv[1])
