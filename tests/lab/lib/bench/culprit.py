# SPDX-License-Identifier: GPL-2.0-only
"""Prints what guest/bench-culprit.sh measured."""
import os
import sys

from files import until_second_error

INNOCENTS = 63


def main(out):
    first, last = (until_second_error(os.path.join(out, "patched", which)) for which in ("first", "last"))
    print("finding one culprit among 65 devices of a domain")
    print(f"  {INNOCENTS} innocents asked before it: instructions {last - first:6.0f}")
    print(f"  per innocent                             {(last - first) / INNOCENTS:8.1f}")


main(sys.argv[1])
