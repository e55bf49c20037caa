# SPDX-License-Identifier: GPL-2.0-only
"""Reads what bench scripts left in a folder."""
import collections
import os
import re
import statistics
import struct

Event = collections.namedtuple("Event", "ns name args")


def number(*path):
    with open(os.path.join(*path), encoding="utf-8") as f:
        return int(f.read())


def load_formats(folder):
    """What the events' format files say: {id: (name, [(field, offset, size, signed)])}"""
    formats = {}
    for entry in os.listdir(folder):
        if not entry.endswith(".format"):
            continue
        with open(os.path.join(folder, entry), encoding="utf-8") as f:
            text = f.read()
        fields = re.findall(r"field:.*?(\w+);\toffset:(\d+);\tsize:(\d+);\tsigned:(\d);", text)
        name, number_ = re.search(r"name: (\w+)\nID: (\d+)", text).groups()
        formats[int(number_)] = (name, [(f, int(o), int(s), s_ == "1") for f, o, s, s_ in fields])
    return formats


def records(page):
    """Times in ns and data of a page of ftrace's ring buffer; see ring_buffer.h"""
    now, commit = struct.unpack_from("<QQ", page)
    at, end = 16, 16 + (commit & 0xfffff)
    while at < end:
        word, more = struct.unpack_from("<II", page, at)
        kind, delta = word & 31, word >> 5
        if kind == 29 and not delta:
            break
        if kind == 30:
            now, at = now + delta + (more << 27), at + 8
        elif kind == 31:
            now, at = (now & ~(2**59 - 1)) | delta | more << 27, at + 8
        else:
            now += delta
            head, size = (4, kind * 4) if 1 <= kind <= 28 else (8, more - 4)
            if kind != 29:
                yield now, page[at + head:at + head + size]
            at += head + size


def events(folder):
    """What guest/bench-lib.sh's traced() left in a folder, oldest first. The kernel
    prints microseconds only, so this reads the ring buffer's own pages."""
    formats = load_formats(folder)
    with open(os.path.join(folder, "raw"), "rb") as f:
        raw = f.read()
    for page in (raw[i:i + 4096] for i in range(0, len(raw), 4096)):
        for ns, data in records(page):
            name, fields = formats[struct.unpack_from("<H", data)[0]]
            yield Event(ns, name, {f: int.from_bytes(data[o:o + s], "little", signed=n)
                                   for f, o, s, n in fields})


def until_second_error(folder):
    """Median time from a list's CMDQ error to that of the culprit, asked alone. Both
    differ by the emulated time-out, and by what was asked between."""
    times, errors = [], []
    for e in events(folder):
        if e.name == "arm_smmu_cmdq_error":
            errors.append(e.ns)
        else:
            if len(errors) != 2:
                raise SystemExit(f"bench: {folder}: {len(errors)} CMDQ errors in an incident, not 2")
            times.append(errors[1] - errors[0])
            errors = []
    return statistics.median(times)
