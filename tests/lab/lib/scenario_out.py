# SPDX-License-Identifier: GPL-2.0-only
"""What tests/lab/scenarios reads from the guest's atcq run, and writes of it."""
import fnmatch, os, re, shutil, subprocess, sys
import xml.etree.ElementTree as ET
from pathlib import Path


class Outcome:
    def __init__(self, name, path, verdict, why):
        self.name, self.path, self.verdict, self.why, self.took, self.lines = name, path, verdict, why, 0.0, []


def take(outcomes, todo, line):
    """A line of the guest's KTAP"""
    result = re.match(r"(ok|not ok) \d+ (\S+)(?: # SKIP (.*))?$", line)
    if result:
        path = next((s.path for s in todo if s.name == result[2]), result[2])
        verdict = "skipped" if result[3] is not None else "ok" if result[1] == "ok" else "failed"
        outcomes.append(Outcome(result[2], path, verdict, [result[3]] if result[3] else []))
        return
    if not outcomes or not line.startswith("# "):
        return
    last = outcomes[-1]
    time = re.match(rf"# {re.escape(last.name)}: (\d+) repetition\(s\), ([\d.]+) s$", line)
    if time:
        last.took = float(time[2])
        return
    why = re.match(r"# (error: )?" + re.escape(last.path) + ": (.*)$", line)
    if why and last.verdict != "ok":
        last.verdict = "error" if why[1] else last.verdict
        last.why.append(why[2])
    elif line.startswith("# kept: "):
        last.lines.append(line)


def tell(outcome, number):
    bad = outcome.verdict in ("failed", "error")
    skip = f" # SKIP {outcome.why[0]}" if outcome.verdict == "skipped" else f" ({outcome.took:.1f} s)"
    print(f"{'not ok' if bad else 'ok'} {number} - {outcome.name}{skip}")
    for why in outcome.why if bad else []:
        print(f"# {'error: ' if outcome.verdict == 'error' else ''}{outcome.path}: {why}")
    for line in outcome.lines:
        print(line)
    if bad:
        print(f"# repeat: tests/lab/scenarios {outcome.path}")
    sys.stdout.flush()


def choose(o, make, top):
    """The scenarios that the options leave; ends the program with 2 if one makes no sense"""
    files = []
    for path in o.scenarios or [top / "tests/scenarios"]:
        files += sorted(Path(path).glob("*.yaml")) if Path(path).is_dir() else [Path(path)]
    atcq = Path(os.environ.get("O", top / "build")) / "atcq"
    if atcq.exists() and subprocess.run([atcq, "run", "--check"] + files, stdout=subprocess.DEVNULL).returncode:
        sys.exit(2)
    which, of = (int(n) for n in o.shard.split("/"))
    chosen = [s for s in (make(str(f.resolve())) for f in files)
              if not (o.quick and s.slow) and (not o.filter or fnmatch.fnmatch(s.name, o.filter))]
    chosen = chosen[which - 1::of]
    if not chosen:
        print("tests/lab/scenarios: no scenario is left", file=sys.stderr)
        sys.exit(2)
    return chosen


def count(outcomes, verdict):
    return sum(x.verdict == verdict for x in outcomes)


def junit(path, outcomes, kernel):
    counts = {"failures": "failed", "errors": "error", "skipped": "skipped"}
    root = ET.Element("testsuites")
    suite = ET.SubElement(root, "testsuite", name=f"atcq {kernel}", tests=str(len(outcomes)),
                          time=f"{sum(x.took for x in outcomes):.3f}",
                          **{k: str(count(outcomes, v)) for k, v in counts.items()})
    for x in outcomes:
        case = ET.SubElement(suite, "testcase", classname="atcq", name=x.name, time=f"{x.took:.3f}")
        if x.verdict != "ok":
            kind = {"failed": "failure", "error": "error", "skipped": "skipped"}[x.verdict]
            ET.SubElement(case, kind, message=x.why[0] if x.why else "").text = "\n".join(x.why)
    ET.indent(root)
    ET.ElementTree(root).write(path, encoding="utf-8", xml_declaration=True)


def github(outcomes):
    def escape(text, prop=False):
        for c in "%\r\n" + (":," if prop else ""):
            text = text.replace(c, f"%{ord(c):02X}")
        return text

    top = os.getcwd()
    for x in outcomes:
        if x.verdict == "ok":
            continue
        line = re.match(r"line (\d+):", x.why[0] if x.why else "")
        print(f"::{'notice' if x.verdict == 'skipped' else 'error'} file={escape(os.path.relpath(x.path, top), True)},"
              f"line={line[1] if line else 1},title={escape(x.name, True)}::{escape(chr(10).join(x.why))}")
    if os.environ.get("GITHUB_STEP_SUMMARY"):
        with open(os.environ["GITHUB_STEP_SUMMARY"], "a") as f:
            f.write("| scenario | verdict | time | why |\n| --- | --- | --- | --- |\n")
            for x in outcomes:
                why = (x.why[0] if x.why else "").replace("|", "\\|").replace("<", "&lt;")
                f.write(f"| {x.name} | {x.verdict} | {x.took:.1f} s | {why} |\n")


def end(o, outcomes, planned, boots):
    print(f"# {count(outcomes, 'ok')} passed, {count(outcomes, 'failed')} failed, {count(outcomes, 'error')} errors, "
          f"{count(outcomes, 'skipped')} skipped, {planned - len(outcomes)} not run, {boots} boot(s)")
    if o.junit:
        junit(o.junit, outcomes, o.kernel)
    if o.github:
        github(outcomes)
    if o.json:
        os.makedirs(o.json, exist_ok=True)
        for file in Path(o.out).glob("boot-*.json"):
            shutil.copy(file, o.json)
    shutil.rmtree(o.out, ignore_errors=True)
    code = 1 if count(outcomes, "failed") else 3 if count(outcomes, "error") else 0 if count(outcomes, "ok") else 5
    return 125 if o.bisect and code in (3, 5) else code
