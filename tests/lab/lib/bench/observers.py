# SPDX-License-Identifier: GPL-2.0-only
"""Prints what guest/bench-observers.sh measured."""
import sys

from files import number

# What each of them did, by the file that it is in
KERNELS = (
    ("patched", "with the series", (
        ("atcq", "atcq, by the driver's own histogram"),
        ("bpftrace", "bpftrace, by kprobe and kretprobe"),
        ("trace-cmd", "trace-cmd, each event, by its tracepoint"),
        ("floor", "an empty BPF program at its tracepoint"))),
    ("base", "Linux 7.3", (
        ("atcq", "atcq, by fentry and fexit"),
        ("bpftrace", "bpftrace, by kprobe and kretprobe"),
        ("trace-cmd", "trace-cmd, function_graph of the one function"),
        ("floor", "empty fentry and fexit programs"),
        ("floor-clock", "the same, each reads the clock"))))
# Of atcq, by the issue: at most as many, and at most that part of bpftrace's
GOALS = {"patched": (200, 2), "base": (None, 10)}


def main(out):
    print("instructions that watching adds to a CMD_SYNC, for a histogram of durations")
    for kernel, title, observers in KERNELS:
        added = {name: (number(out, kernel, name) - number(out, kernel, "idle")) / 2 for name, _ in observers}
        most, part = GOALS[kernel]
        goal = min(most or float("inf"), added["bpftrace"] / part)
        print(f"  {title}")
        for name, label in observers:
            says = f"{added[name] / added['atcq']:7.1f} times atcq"
            if name == "atcq":
                says = f"goal {goal:.0f}: {'reached' if added[name] <= goal else 'not reached'}"
            print(f"    {label:46} {added[name]:8.0f}   {says}")


main(sys.argv[1])
