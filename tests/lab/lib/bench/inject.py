# SPDX-License-Identifier: GPL-2.0-only
"""Prints what guest/bench-inject.sh measured."""
import os
import statistics
import sys

from files import number


def main(out):
    def value(name):
        return number(out, "patched", name)

    idle, bare = value("idle"), number(out, "bare", "idle")
    print("instructions per strict unmap (2 CMD_SYNCs, one of an ATC_INV)   more, against idle")
    print(f"  fault points not compiled in       {bare:8} {bare - idle:+17}")
    print(f"  fault points compiled in, idle     {idle:8}")
    for name, title in (("held", "switched on, no rule"),
                        ("other1", "1 rule, for another device"), ("other64", "64 rules, for another device"),
                        ("match1", "1 rule that matches"), ("match64", "64 rules that match")):
        print(f"  {title:34} {value(name):8} {value(name) - idle:+17}")
    with open(os.path.join(out, "patched", "times"), encoding="utf-8") as f:
        times = [[int(word) for word in line.split()] for line in f]
    first = statistics.median(hit - armed for armed, hit, _, _ in times)
    end = statistics.median(disarmed - sigint for _, _, sigint, disarmed in times)
    print(f"median of {len(times)} injections, microseconds of virtual time")
    print(f"  from 'armed' to the first hit      {first / 1000:8.1f}  (below 0: hits came before the word)")
    print(f"  from Ctrl-C to disarmed            {end / 1000:8.1f}")


main(sys.argv[1])
