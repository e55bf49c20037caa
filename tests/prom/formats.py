# SPDX-License-Identifier: GPL-2.0-only
"""Programs of others read what the exporter writes: python3-prometheus-client the two text
formats, protoc the third; and all three have the same families."""
import gzip
import pathlib
import re
import subprocess
import sys

from prometheus_client import parser
from prometheus_client.openmetrics import parser as openmetrics

from lab import Failure, get

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "metrics"))
from delimited import decoded, messages  # noqa: E402

ACCEPT = {
    "text": "text/plain;version=0.0.4",
    "openmetrics": "application/openmetrics-text;version=1.0.0",
    "protobuf": "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited",
}


def known(message):
    text = decoded(message)
    unknown = re.search(r"^\s*\d+[:{ ].*", text, re.M)
    if unknown:
        raise Failure(f"protoc knows no such field: {unknown[0]}\n{text[:500]}")
    return text


def fetch(url, name):
    headers, body = get(url, Accept=ACCEPT[name])
    wanted = ACCEPT[name].split(";")[0]
    if not headers["Content-Type"].startswith(wanted):
        raise Failure(f"asked for {wanted}, got {headers['Content-Type']}")
    return body


def stem(name, kind):
    return name[:-len("_total")] if kind == "counter" and name.endswith("_total") else name


def check(url, tools):
    lint = subprocess.run([tools / "promtool", "check", "metrics"], input=fetch(url, "text"), capture_output=True, check=False)
    if lint.returncode or lint.stderr:
        return f"promtool check metrics: {lint.stderr.decode()}"
    text = {stem(f.name, f.type): f for f in parser.text_string_to_metric_families(fetch(url, "text").decode())}
    om = {f.name: f for f in openmetrics.text_string_to_metric_families(fetch(url, "openmetrics").decode())}
    proto = {}
    for message in messages(fetch(url, "protobuf")):
        family = known(message)
        kind = re.search(r"^type: (\w+)", family, re.M)
        name = re.search(r'^name: "(\w+)"', family, re.M)[1]
        proto[stem(name, kind[1].lower() if kind else "counter")] = family
    if not set(text) == set(om) == set(proto):
        return f"families differ: {set(text) ^ set(om)} and {set(om) ^ set(proto)}"
    for name, family in om.items():
        if (family.type, family.documentation) != (text[name].type, text[name].documentation):
            return f"{name}: type or help differ between the text formats"
        if f"type: {family.type.upper()}" not in proto[name] and family.type != "counter":
            return f"{name}: it is {family.type}, protobuf says {proto[name][:200]}"
        series = len({frozenset((k, v) for k, v in s.labels.items() if k != "le") for s in family.samples})
        if series != len(re.findall(r"^metric {", proto[name], re.M)):
            return f"{name}: {series} series in OpenMetrics, not in protobuf: {proto[name][:500]}"
    recovery = om["atcq_incident_recovery_duration_seconds"]
    if not any(s.exemplar and s.exemplar.labels.get("incident_id") for s in recovery.samples):
        return "OpenMetrics: no exemplar with an incident's id"
    if "positive_span" not in proto["atcq_cmd_sync_duration_seconds"]:
        return "protobuf: no native histogram"
    headers, body = get(url, **{"Accept-Encoding": "gzip"})
    if headers["Content-Encoding"] != "gzip" or not gzip.decompress(body).startswith(b"# HELP"):
        return "gzip was asked for and not sent"
    return None
