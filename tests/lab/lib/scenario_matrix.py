# SPDX-License-Identifier: GPL-2.0-only
"""Scenarios × kernels: how each ends on each, as a table.  See tests/lab/matrix."""
import argparse, re, subprocess, sys, tempfile
import xml.etree.ElementTree as ET
from pathlib import Path

LAB = Path(__file__).resolve().parent.parent
KERNELS = ["base", "patched", "debug", "distro:6.12", "distro:7.3"]


def run(kernel, options, folder):
    """Names to (verdict, why); a text instead if the kernel is not to be had"""
    prepare = subprocess.run([LAB / "vm", "--kernel", kernel, "--prepare"], capture_output=True, text=True)
    if prepare.returncode:
        return (prepare.stderr.strip().splitlines() or ["it cannot be built"])[-1]
    xml = Path(folder) / (re.sub(r"\W", "-", kernel) + ".xml")
    subprocess.run([LAB / "scenarios", "--kernel", kernel, "--junit", xml] + options, stdout=subprocess.DEVNULL)
    if not xml.exists():
        return "nothing came of it"
    verdicts = {"failure": "FAILED", "error": "ERROR", "skipped": "skip"}
    return {case.get("name"): (verdicts[case[0].tag], case[0].get("message")) if len(case) else ("ok", "")
            for case in ET.parse(xml).iter("testcase")}


def main():
    p = argparse.ArgumentParser(prog="tests/lab/matrix --scenarios")
    p.add_argument("--filter")
    p.add_argument("--quick", action="store_true")
    p.add_argument("kernels", nargs="*", metavar="KERNEL")
    o = p.parse_args()
    kernels = o.kernels or KERNELS
    options = (["--filter", o.filter] if o.filter else []) + (["--quick"] if o.quick else [])
    with tempfile.TemporaryDirectory() as folder:
        table = {k: run(k, options, folder) for k in kernels}
    names = sorted({name for results in table.values() if isinstance(results, dict) for name in results})
    width = max([len(n) for n in names] + [8])
    print(f"{'scenario':{width}}  " + "  ".join(f"{k:12}" for k in kernels))
    for name in names:
        cells = [t.get(name, ("not run", ""))[0] if isinstance(t := table[k], dict) else "missing" for k in kernels]
        print(f"{name:{width}}  " + "  ".join(f"{c:12}" for c in cells))
    bad = False
    for kernel in kernels:
        if isinstance(table[kernel], str):
            print(f"{kernel}: missing: {table[kernel]}")
            continue
        reasons = {}
        for name, (verdict, why) in table[kernel].items():
            bad |= verdict in ("FAILED", "ERROR")
            if verdict != "ok":
                reasons.setdefault((verdict, why), []).append(name)
        for (verdict, why), which in reasons.items():
            print(f"{kernel}: {verdict}: {', '.join(which)}: {why}" if len(which) < 4 else
                  f"{kernel}: {verdict}: {len(which)} scenarios: {why}")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
