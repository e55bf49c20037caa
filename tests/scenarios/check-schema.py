#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""The schema for editors and atcq's own reader agree.

Each scenario passes both; each file of tests/scenarios/bad is refused by the reader
with the words behind "# error:", and by the schema, too, unless it says that a schema
cannot tell.  Prints TAP lines from number FIRST on.  Usage: check-schema.py ATCQ FIRST
"""
import json, re, subprocess, sys
from pathlib import Path

import jsonschema, yaml

folder = Path(__file__).resolve().parent
atcq, number = sys.argv[1], int(sys.argv[2])
failed = False


def result(ok, what, why=""):
    global number, failed
    print(f"{'ok' if ok else 'not ok'} {number} - {what}")
    if not ok:
        failed = True
        print("# " + why.replace("\n", "\n# "))
    number += 1


def by_schema(path):
    """None if it is valid, else why not"""
    try:
        error = jsonschema.exceptions.best_match(validator.iter_errors(yaml.load(path.read_text(), yaml.SafeLoader)))
        return error and error.message
    except yaml.YAMLError as e:
        return str(e)


def by_reader(path):
    run = subprocess.run([atcq, "run", "--check", str(path)], capture_output=True, text=True, timeout=10)
    return run.returncode, run.stderr


schema = json.loads((folder / "schema.json").read_text())
jsonschema.Draft7Validator.check_schema(schema)
validator = jsonschema.Draft7Validator(schema)
wrong = [f"{p.name}: {why}" for p in sorted(folder.glob("*.yaml")) if (why := by_schema(p))]
result(not wrong, f"the schema takes all {len(list(folder.glob('*.yaml')))} scenarios", "\n".join(wrong))
code, text = by_reader(folder)
result(code == 0, "so does atcq run --check", text)
for path in sorted((folder / "bad").glob("*.yaml")):
    text = path.read_text()
    want = re.search(r"^# error: (.*)$", text, re.M)[1]
    code, said = by_reader(path)
    at = re.search(re.escape(path.name) + r":\d+:\d+: ", said)
    good = code == 2 and want in said and at is not None
    if good and "# schema: cannot tell" not in text:
        good = by_schema(path) is not None
        said = "the schema takes it"
    result(good, f"bad/{path.stem} is refused with its place: {want[:50]}", f"exit status {code}: {said}")
sys.exit(failed)
