# SPDX-License-Identifier: GPL-2.0-only
"""The guest with the exporter, and a Prometheus of Debian's that scrapes it."""
import atexit
import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request

TOP = pathlib.Path(__file__).resolve().parents[2]
RULES = TOP / "dashboards/rules"


class Failure(Exception):
    pass


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def get(url, **headers):
    """The answer's headers and body"""
    with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=5) as r:
        return r.headers, r.read()


def spawn(*args, **kwargs):
    """A process that neither outlives this one, whatever comes, nor do those that it starts"""
    process = subprocess.Popen(*args, start_new_session=True, **kwargs)
    atexit.register(lambda: process.poll() is None and os.killpg(process.pid, signal.SIGTERM))
    return process


def wait_for(what, condition, seconds=20):
    """What the condition returns, once it is true"""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise Failure(f"waited {seconds} s in vain for {what}")
        time.sleep(0.1)


class Guest:
    """do() runs a script in it, by way of a shared folder"""

    def __init__(self, out, kernel="patched"):
        self.out, self.port, self.n = out, free_port(), 0
        out.mkdir()
        self.log = open(out / "vm.log", "w")
        self.vm = spawn(
            [TOP / "tests/lab/vm", "--kernel", kernel, "--share", out, "--forward", f"{self.port}:9142",
             "--timeout", "200", "--log", out / "kernel.log", "--", "sh", "tests/prom/guest.sh", out, "9142",
             str(int(time.time()) + 4)],
            stdout=self.log, stderr=subprocess.STDOUT, cwd=TOP)

    def url(self, path="/metrics"):
        return f"http://127.0.0.1:{self.port}{path}"

    def answers(self):
        if self.vm.poll() is not None:
            raise Failure(f"the guest ended: {(self.out / 'vm.log').read_text()[-2000:]}")
        try:
            return get(self.url())
        except (OSError, urllib.error.URLError):
            return None

    def do(self, script, seconds=30):
        self.n += 1
        part = self.out / "part"
        part.write_text(script + "\n")
        part.rename(self.out / f"do.{self.n}")
        did = self.out / f"did.{self.n}"
        wait_for(f"the guest to do: {script}", lambda: did.exists() or self.vm.poll() is not None, seconds)
        output = (self.out / f"out.{self.n}").read_text()
        if not did.exists() or did.read_text().strip() != "0":
            raise Failure(f"in the guest: {script}\n{output}\n{(self.out / 'daemon.log').read_text()[-1000:]}")
        return output

    def end(self):
        """Its exit status"""
        if self.vm.poll() is None:
            try:
                self.do("# the end")
                self.vm.wait(30)
            except (Failure, subprocess.TimeoutExpired):
                self.vm.terminate()
                self.vm.wait()
        self.log.close()
        return self.vm.returncode


def faster(text):
    """Rules of a world in which a minute takes a second: the only thing that the test changes in
    them. An evaluation interval is a second, what is below it included."""
    def scale(match):
        number, unit = int(match[2]), match[3]
        seconds = number * {"s": 1, "m": 60, "h": 3600, "d": 86400}[unit] // 60
        return f"{match[1]}{max(seconds, 1)}s"
    return re.sub(r"(\[|for: |interval: )(\d+)([smhd])\b", scale, text)


class Prometheus:
    """@targets: (port, labels). Rules as they are after @rewrite; scrapes and evaluations each @interval."""

    def __init__(self, binary, folder, targets, native, rewrite=faster, interval=1):
        self.port, self.native, self.folder, self.interval = free_port(), native, folder, interval
        folder.mkdir()
        for rules in RULES.glob("*.yml"):
            (folder / rules.name).write_text(rewrite(rules.read_text()))
        config = folder / "prometheus.yml"
        config.write_text(json.dumps({
            "global": {"scrape_interval": f"{interval}s", "scrape_timeout": "1s", "evaluation_interval": f"{interval}s",
                       "external_labels": {"replica": "a"}},
            "rule_files": ["recording.yml", "alerts.yml"],
            "scrape_configs": [{"job_name": "atcq", "static_configs": [
                {"targets": [f"127.0.0.1:{port}"], "labels": labels} for port, labels in targets]}]}))
        self.log = open(folder / "log", "w")
        self.process = spawn(
            [binary, f"--config.file={config}", f"--storage.tsdb.path={folder / 'data'}",
             f"--web.listen-address=127.0.0.1:{self.port}",
             f"--enable-feature=exemplar-storage{',native-histograms' if native else ''}"],
            stdout=self.log, stderr=subprocess.STDOUT)

    def api(self, path, **arguments):
        url = f"http://127.0.0.1:{self.port}/api/v1/{path}?{urllib.parse.urlencode(arguments)}"
        try:
            return json.loads(get(url)[1])["data"]
        except urllib.error.HTTPError as e:
            raise Failure(f"{path} {arguments}: {json.loads(e.read()).get('error')}") from e

    def ready(self):
        if self.process.poll() is not None:
            raise Failure(f"prometheus ended: {pathlib.Path(self.log.name).read_text()[-2000:]}")
        try:
            # Until then its API answers, too, but not in JSON
            get(f"http://127.0.0.1:{self.port}/-/ready")
            return self.query("up == 1")
        except OSError:
            return False

    def query(self, expr):
        return self.api("query", query=expr)["result"]

    def firing(self, name, **labels):
        return [a for a in self.api("alerts")["alerts"]
                if a["labels"]["alertname"] == name and a["state"] == "firing" and labels.items() <= a["labels"].items()]

    def end(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait()
        self.log.close()
