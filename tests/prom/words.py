#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""What people read: panels and alerts say what they are about, and the runbook has each alert."""
import re
import sys

sys.dont_write_bytecode = True
import yaml  # noqa: E402

from expressions import TOP, dashboards  # noqa: E402

bad = []
for name, board in dashboards().items():
    for panel in board["panels"]:
        if panel["type"] == "row":
            continue
        defaults = panel["fieldConfig"]["defaults"]
        for what, text in (("title", panel["title"]), ("description", panel["description"]),
                           ("unit", defaults["unit"]), ("empty state", defaults["noValue"])):
            if not text.strip():
                bad.append(f"{name}: {panel['title']} has no {what}")
        if len(panel["description"]) < 15:
            bad.append(f"{name}: {panel['title']}: {panel['description']!r} describes nothing")

runbook = (TOP / "docs/runbook.md").read_text()
sections = dict(re.findall(r"^## (Atcq\w+)\n(.*?)(?=^## |\Z)", runbook, re.M | re.S))
tested = "".join(path.read_text() for path in (TOP / "dashboards/tests").glob("*.yml"))
alerts = [rule for group in yaml.safe_load((TOP / "dashboards/rules/alerts.yml").read_text())["groups"]
          for rule in group["rules"]]
for rule in alerts:
    name, notes = rule["alert"], rule["annotations"]
    if rule["labels"]["severity"] not in ("warning", "critical"):
        bad.append(f"{name}: severity {rule['labels']['severity']}")
    if not notes["summary"] or not notes["description"]:
        bad.append(f"{name}: no summary or description")
    if notes["runbook_url"] != f"docs/runbook.md#{name.lower()}" or name not in sections:
        bad.append(f"{name}: docs/runbook.md has no such section, or runbook_url is not it")
    cases = re.findall(rf"^ *- .*alertname: {name}, exp_alerts: \[\]|alertname: {name}\n *exp_alerts:", tested, re.M)
    if not any("[]" in c for c in cases) or not any("[]" not in c for c in cases):
        bad.append(f"{name}: dashboards/tests has no case where it fires, or none where it does not")
for name in sections.keys() - {rule["alert"] for rule in alerts}:
    bad.append(f"docs/runbook.md: {name} is no alert")
# Commands that the runbook tells people to type must exist
for command in set(re.findall(r"`(?:sudo )?atcq (\w+)", runbook)):
    if not (TOP / f"docs/man/atcq-{command}.1").exists():
        bad.append(f"docs/runbook.md: there is no 'atcq {command}'")
print("\n".join(bad))
sys.exit(bool(bad))
