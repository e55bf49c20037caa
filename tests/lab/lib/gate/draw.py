# SPDX-License-Identifier: GPL-2.0-only
"""Has 'atcq diff' compare lists of results files."""
import json
import os
import shutil
import subprocess
import sys
import tempfile


def diff(atcq, base, new, *options):
    """What it says of two lists of files: exit status, and the comparison"""
    with tempfile.TemporaryDirectory() as tmp:
        for side, files in (("base", base), ("new", new)):
            os.mkdir(os.path.join(tmp, side))
            for f in files:
                shutil.copy(f, os.path.join(tmp, side))
        done = subprocess.run([atcq, "diff", "--format", "json", *options,
                               os.path.join(tmp, "base"), os.path.join(tmp, "new")],
                              capture_output=True, text=True, check=False)
    if done.returncode not in (0, 1, 4, 5):
        sys.exit(f"atcq diff ends with {done.returncode}: {done.stderr}")
    return done.returncode, json.loads(done.stdout)


def noise(atcq, files):
    """Prints, of each gated metric, how much the boots of one kernel vary"""
    _, comparison = diff(atcq, files, files[:len(files) // 2])
    print(f"{len(files)} boots of one kernel     a boot's mean   its standard deviation")
    for m in comparison["metrics"]:
        if m["gated"]:
            print(f"  {m['metric']:20} {m['base']['mean']:17.1f}   {m['noise'] * 100:15.3f} %")
