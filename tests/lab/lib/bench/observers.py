# SPDX-License-Identifier: GPL-2.0-only
"""Prints what guest/bench-observers.sh measured."""
import sys

from files import number

KERNELS = (
    ("patched", "with the series", "by its tracepoint", "each event, by its tracepoint"),
    ("base", "Linux 7.3", "by fentry and fexit", "function_graph of the one function"))


def main(out):
    print("instructions that watching adds to a CMD_SYNC, for a histogram of durations")
    for kernel, title, how, tracecmd in KERNELS:
        idle = number(out, kernel, "idle")
        own = (number(out, kernel, "atcq") - idle) / 2
        print(f"  {title}")
        for name, label in (("atcq", f"atcq, {how}"), ("bpftrace", "bpftrace, by kprobe and kretprobe"),
                            ("trace-cmd", f"trace-cmd, {tracecmd}")):
            added = (number(out, kernel, name) - idle) / 2
            print(f"    {label:46} {added:8.0f} {added / own:7.1f} times atcq")


main(sys.argv[1])
