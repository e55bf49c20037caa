# SPDX-License-Identifier: GPL-2.0-only
"""The exporter's protobuf, as protoc reads it."""
import pathlib
import subprocess

PROTO = pathlib.Path(__file__).resolve().parents[2] / "user/service"


def messages(data):
    """Each message has its length before it, seven bits a byte"""
    at = 0
    while at < len(data):
        length = shift = 0
        while True:
            byte = data[at]
            at += 1
            length |= (byte & 0x7f) << shift
            shift += 7
            if byte < 0x80:
                break
        if at + length > len(data):
            raise ValueError("protobuf: the last message is cut off")
        yield data[at:at + length]
        at += length


def decoded(message):
    done = subprocess.run(["protoc", "--decode=io.prometheus.client.MetricFamily", f"--proto_path={PROTO}", "metrics.proto"],
                          input=message, capture_output=True, check=False)
    if done.returncode:
        raise ValueError(f"protoc: {done.stderr.decode()}")
    return done.stdout.decode()
