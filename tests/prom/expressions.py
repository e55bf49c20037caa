# SPDX-License-Identifier: GPL-2.0-only
"""Every PromQL expression of every panel, variable, annotation, rule and alert, taken from the files."""
import json
import pathlib
import re

import yaml

TOP = pathlib.Path(__file__).resolve().parents[2]
# What Grafana puts there, with a scrape interval of a second and everything chosen
VARIABLES = {"$cluster": ".*", "$host": ".*", "$device": ".*", "$__rate_interval": "5s", "$__interval": "5s", "$__range": "2m"}


def filled(expr):
    for name, value in VARIABLES.items():
        expr = expr.replace(name, value)
    if "$" in expr:
        raise ValueError(f"what is $ in {expr}?")
    return expr


def of_dashboard(board):
    for variable in board["templating"]["list"]:
        if variable["type"] == "query":
            match = re.fullmatch(r"label_values\((.*), (\w+)\)", variable["query"]["query"])
            yield f"variable {variable['name']}", f"count by ({match[2]}) ({match[1]})"
    for note in board["annotations"]["list"]:
        yield f"annotation {note['name']}", note["target"]["expr"]
    for panel in board["panels"]:
        for target in panel.get("targets", ()):
            yield f"panel {panel['title']}", target["expr"]


def dashboards():
    return {path.name: json.loads(path.read_text()) for path in sorted((TOP / "dashboards/grafana").glob("*.json"))}


def all_expressions(rewrite):
    """(where, expression); @rewrite is what the test does to files of rules"""
    for name, board in dashboards().items():
        for where, expr in of_dashboard(board):
            yield f"{name} {where}", filled(expr)
    for path in sorted((TOP / "dashboards/rules").glob("*.yml")):
        for group in yaml.safe_load(rewrite(path.read_text()))["groups"]:
            for rule in group["rules"]:
                yield f"{path.name} {rule.get('record') or rule['alert']}", rule["expr"].strip()


def empty_by_design():
    """(mode, pattern, reason) of each line of empty.txt"""
    for line in (pathlib.Path(__file__).parent / "empty.txt").read_text().splitlines():
        if line and not line.startswith("#"):
            mode, pattern, reason = (part.strip() for part in line.split("|"))
            yield mode, re.compile(pattern), reason
