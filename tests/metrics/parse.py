# SPDX-License-Identifier: GPL-2.0-only
"""Reads scrapes with parsers that are not ours and compares them with docs/metrics.md and each other.

Usage: parse.py DOCS TEXT OPENMETRICS PROTOBUF. One line a check: "ok" or what is wrong.
"""
import math
import re
import sys

from prometheus_client.openmetrics.parser import text_string_to_metric_families as openmetrics
from prometheus_client.parser import text_string_to_metric_families as text

from delimited import decoded, messages

docs, *scrapes = sys.argv[1:]


def documented():
    rows = {}
    for line in open(docs, encoding="utf-8"):
        row = re.match(r"\| `(\w+)` \| (counter|gauge|histogram) \| (.*?) \| (.*?) \| (.*) \|$", line)
        if row:
            name, kind, labels, there, words = row.groups()
            rows[name] = (kind, {x for x in labels.split(", ") if x}, there, words)
    return rows


def samples(families):
    """Name and labels to value; times differ from scrape to scrape"""
    return {(s.name, tuple(sorted(s.labels.items()))): s.value for f in families for s in f.samples
            if not s.name.startswith(("process_", "atcq_collector_duration"))}


def check(what, wrong):
    print("ok" if not wrong else "; ".join(map(str, list(wrong)[:5])), what, sep="|")


def of_family(name, kind):
    """The name under which the parsers have a family"""
    return name[:-len("_total")] if kind == "counter" else name


def check_docs(families):
    table = {of_family(name, row[0]): row for name, row in documented().items()}
    wrong = []
    for f in families:
        row = table.get(f.name)
        if not row or row[0] != f.type or row[3] != f.documentation:
            wrong.append(f"{f.name} ({f.type}) is not as docs/metrics.md has it")
            continue
        for s in f.samples:
            if set(s.labels) - {"le"} != row[1]:
                wrong.append(f"{s.name} has labels {sorted(s.labels)}")
    check("each family of a scrape has its type, help and labels in docs/metrics.md", wrong)
    names = {f.name for f in families}
    expected = {n for n, row in table.items() if row[2] in ("always", "device", "SMMU", "device, patched kernel", "with --listen")}
    check("each family that docs/metrics.md says is there is in a scrape", expected - names)


def check_histograms(families):
    wrong = []
    for f in families:
        if f.type != "histogram":
            continue
        last = {}
        for s in f.samples:
            key = tuple(sorted((k, v) for k, v in s.labels.items() if k != "le"))
            if s.name.endswith("_bucket"):
                if s.value < last.get(key, 0):
                    wrong.append(f"{s.name}{s.labels} goes down")
                last[key] = s.value
            elif s.name.endswith("_count") and s.value != last[key]:
                wrong.append(f"{s.name}{s.labels} is not its +Inf bucket")
    check("buckets rise up to the count", wrong)


def tree(lines):
    """protoc's text as lists of (field, value)"""
    out = []
    for line in lines:
        line = line.strip()
        if line == "}":
            break
        if line.endswith(" {"):
            out.append((line[:-2], tree(lines)))
        else:
            field, value = line.split(": ", 1)
            out.append((field, value))
    return out


def all_of(node, field):
    return [v for k, v in node if k == field]


def one(node, field, default=None):
    return (all_of(node, field) or [default])[0]


def unquoted(value):
    """A string as protoc writes it: octal escapes for bytes"""
    return value[1:-1].encode("latin-1").decode("unicode_escape").encode("latin-1").decode()


def labels_of(metric):
    return tuple(sorted((unquoted(one(pair, "name")), unquoted(one(pair, "value", '""')))
                        for pair in all_of(metric, "label")))


def native_counts(h):
    """Bucket number to count, from spans and differences"""
    counts, at, n = {}, 0, 0
    deltas = iter(all_of(h, "positive_delta"))
    for span in all_of(h, "positive_span"):
        at += int(one(span, "offset", 0))
        for _ in range(int(one(span, "length", 0))):
            n += int(next(deltas))
            counts[at] = n
            at += 1
    assert next(deltas, None) is None, "more deltas than spans have buckets"
    return counts


def proto_samples(families):
    out, wrong = {}, []
    for f in families:
        name = unquoted(one(f, "name"))
        for m in all_of(f, "metric"):
            labels, h = labels_of(m), one(m, "histogram")
            simple = one(m, "gauge") or one(m, "counter")
            if simple:
                out[name, labels] = float(one(simple, "value", 0))
                continue
            out[name + "_count", labels] = float(one(h, "sample_count", 0))
            out[name + "_sum", labels] = float(one(h, "sample_sum", 0))
            counts = native_counts(h)
            zero = int(one(h, "zero_count", 0))
            if zero + sum(counts.values()) != float(one(h, "sample_count", 0)):
                wrong.append(f"{name}{labels}: native buckets have {counts}")
            for b in all_of(h, "bucket"):
                bound = float(one(b, "upper_bound"))
                below = zero + sum(n for i, n in counts.items() if 2 ** (i / 4) <= bound * 1.000001)
                if below != int(one(b, "cumulative_count", 0)):
                    wrong.append(f"{name}{labels}: up to {bound} classic has {one(b, 'cumulative_count')}, native {below}")
    check("native and classic buckets of protobuf say the same", wrong)
    return out


def differing(a, b):
    return [k for k in a.keys() | b.keys()
            if k not in a or k not in b or not math.isclose(a[k], b[k], rel_tol=1e-12)]


plain = list(text(open(scrapes[0], encoding="utf-8", newline="\n").read()))
om = list(openmetrics(open(scrapes[1], encoding="utf-8", newline="\n").read()))
check("python3-prometheus-client reads text and OpenMetrics, and finds the same in both",
      differing(samples(plain), samples(om)) or (not plain and ["nothing"]))
check_docs(om)
check_histograms(om)
check("units are those of the names", [f.name for f in om if f.unit and not f.name.endswith("_" + f.unit)])
exemplars = [s for f in om for s in f.samples if s.exemplar]
check("exemplars name incidents, on incidents' histograms only",
      [s for s in exemplars if not re.fullmatch(r"[0-9a-f]{8}-\d+-[0-9a-f]+-[0-9a-f]+", s.exemplar.labels["incident_id"])
       or not s.name.startswith("atcq_incident_")] or (not exemplars and ["none"]))
families = [tree(iter(decoded(m).splitlines())) for m in messages(open(scrapes[2], "rb").read())]
both = {k: v for k, v in samples(om).items() if not k[0].endswith("_bucket")}
check("protoc decodes protobuf, and finds what OpenMetrics has",
      differing(both, {k: v for k, v in proto_samples(families).items()
                       if not k[0].startswith(("process_", "atcq_collector_duration"))}))
ids = {unquoted(one(one(x, "label"), "value")) for f in families for m in all_of(f, "metric")
       for b in all_of(one(m, "histogram", []), "bucket") for x in all_of(b, "exemplar")}
check("exemplars of protobuf are those of OpenMetrics", ids ^ {s.exemplar.labels["incident_id"] for s in exemplars})
