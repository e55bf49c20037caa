#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Two Prometheus, one with native histograms and one without, scrape the exporter in the guest
while incidents happen, and another that replays a recording of an unpatched kernel (stock.atcq).
Usage: live.py ATCQ TOOLS FOLDER FIRST; results as TAP, numbered from FIRST."""
import pathlib
import subprocess
import sys
import time
import traceback

sys.dont_write_bytecode = True
import expressions  # noqa: E402
import formats      # noqa: E402
from lab import TOP, Failure, Guest, Prometheus, faster, free_port, spawn, wait_for  # noqa: E402

DEVICE = "0000:02:00.0"
OTHER = "0000:03:00.0"


class Story:
    def __init__(self, atcq, tools, folder, first):
        folder.mkdir(exist_ok=True)
        stock = free_port()
        self.n, self.bad, self.seen, self.tools = first - 1, 0, {}, tools
        self.guest = Guest(folder / "guest")
        wait_for("the exporter", self.guest.answers, 60)
        self.stock = spawn(
            [atcq, "daemon", "-i", TOP / "tests/prom/stock.atcq", "--listen", f"127.0.0.1:{stock}"], stderr=subprocess.DEVNULL)
        targets = [(self.guest.port, {"cluster": "lab"}), (stock, {"cluster": "stock"})]
        self.proms = [Prometheus(tools / "prometheus", folder / name, targets, name == "native")
                      for name in ("classic", "native")]
        for prom in self.proms:
            wait_for("a scrape", prom.ready)

    def check(self, what, test):
        """A test, which fails by an exception or by returning something"""
        self.n += 1
        start = time.monotonic()
        try:
            why = test()
        except Exception as e:
            why = str(e) if isinstance(e, Failure) else traceback.format_exc()
        took = f" ({time.monotonic() - start:.0f} s)" if time.monotonic() - start > 2 else ""
        print(f"{'not ok' if why else 'ok'} {self.n} - {what}{took}", flush=True)
        if why:
            self.bad = 1
            print("\n".join(f"# {line}" for line in str(why).splitlines()), flush=True)

    def look(self):
        """Notes which expressions have data now; what has had some is not asked again"""
        for prom in self.proms:
            for where, expr in expressions.all_expressions(faster):
                key = (prom.native, where, expr)
                if not self.seen.get(key):
                    self.seen[key] = len(prom.query(expr))

    def fires(self, name, **labels):
        for prom in self.proms:
            wait_for(f"{name} to fire", lambda: prom.firing(name, **labels))
        self.look()

    def resolves(self, name, seconds=20):
        for prom in self.proms:
            wait_for(f"{name} to resolve", lambda: not prom.firing(name), seconds)

    def silent(self, *names, seconds=4):
        """None of them fires meanwhile for the guest. The recording goes on by blocks of about a
        second, a minute in the rules: a reset in between looks like one that takes that long"""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            for prom in self.proms:
                for name in names:
                    if prom.firing(name, cluster="lab"):
                        raise Failure(f"{name} fires: {prom.firing(name)}")
            time.sleep(0.2)

    def quarantine(self):
        self.guest.do("fence $dev")
        self.fires("AtcqDeviceQuarantined", device=DEVICE)
        self.guest.do("reset $dev")
        self.resolves("AtcqDeviceQuarantined")

    def injected(self):
        self.guest.do("arm atc-timeout --device $other; fired; wait_for fence '[ \"$(state $other)\" = broken ]'")
        for prom in self.proms:
            wait_for("the injected quarantine", lambda: prom.query(f'atcq:device_quarantined{{device="{OTHER}"}} == 1'))
        self.look()
        self.silent("AtcqDeviceQuarantined", "AtcqDeviceFlapping", "AtcqRecoveryFailed", "AtcqFaultLeftArmed")
        self.look()
        self.guest.do("reset $other")

    def recovery_fails(self):
        self.guest.do("fence $dev; arm reset-fail --device $dev --errno EIO; ! reset $dev; fired")
        self.fires("AtcqRecoveryFailed", device=DEVICE)
        self.guest.do("reset $dev")
        self.resolves("AtcqRecoveryFailed")

    def flapping(self):
        self.guest.do("fence $dev; reset $dev")
        self.fires("AtcqDeviceFlapping", device=DEVICE)

    def slow(self):
        self.guest.do("atsdev $other $dev delay 8000")
        self.fires("AtcqCmdSyncSlow")
        self.guest.do("atsdev $other $dev answer")
        self.resolves("AtcqCmdSyncSlow")

    def left_armed(self):
        self.guest.do("arm atc-timeout --device $other --ttl 2s --nth 1000000; kill -STOP $injector")
        self.fires("AtcqFaultLeftArmed", fault="atc-timeout")
        self.guest.do("kill -CONT $injector; sleep 0.5")
        self.resolves("AtcqFaultLeftArmed")

    def down(self):
        self.guest.do("kill -STOP $daemon")
        self.fires("AtcqExporterDown")
        self.guest.do("forge-event -n 20000 core_unblocked 0 0x300 2")
        self.guest.do("kill -CONT $daemon")
        self.resolves("AtcqExporterDown")

    def lost(self):
        self.fires("AtcqEventsLost", cause="ring-buffer")
        self.resolves("AtcqEventsLost")

    def never_on_patched(self):
        was = 'count_over_time(ALERTS{alertname="AtcqTimeoutsWithoutQuarantine",cluster="lab"}[5m])'
        return [prom.query(was) for prom in self.proms if prom.query(was)]

    def had_data(self):
        self.look()
        empty, why = list(expressions.empty_by_design()), []
        used = set()
        for (native, where, expr), n in self.seen.items():
            text = f"{where}: {expr}"
            excuse = [e for e in empty if e[0] in ("both", "native" if native else "classic") and e[1].search(text)]
            used.update(map(id, excuse))
            if bool(n) == bool(excuse):
                why.append(f"{'has data, but is in empty.txt' if n else 'never had data'} "
                           f"({'native' if native else 'classic'}): {text}")
        why += [f"empty.txt: nothing is like {e[1].pattern}" for e in empty if id(e) not in used]
        return "\n".join(why)

    def stored(self):
        name, of = "atcq_incident_recovery_duration_seconds", '{cluster="lab",injected="false"}'
        classic, native = self.proms
        if not classic.query(f"{name}_bucket") or classic.query(name):
            return "without native histograms there must be classic buckets only"
        if native.query(f"{name}_bucket") or not native.query(f"histogram_count({name}) > 0"):
            return "with native histograms there must be no classic buckets"
        pair = [p.query(f'round(1e6 * {e})') for p, e in (
            (classic, f'{name}_sum{of}'), (native, f'histogram_sum({name}{of})'))]
        if pair[0][0]["value"][1] != pair[1][0]["value"][1]:
            return f"the sums differ: {pair}"
        found = classic.api("query_exemplars", query=f"{name}_bucket", start=time.time() - 300, end=time.time() + 5)
        if not any("incident_id" in e["labels"] for series in found for e in series["exemplars"]):
            return f"no exemplar with an incident's id: {found}"

    def rules_are_healthy(self):
        return "\n".join(f"{rule['name']}: {rule.get('lastError')}" for prom in self.proms
                         for group in prom.api("rules")["groups"] for rule in group["rules"] if rule["health"] != "ok")

    def tell(self):
        self.guest.do("churn $dev $other; echo 1 >/proc/sys/kernel/bpf_stats_enabled")
        self.check("nothing happens, and no alert fires", lambda: self.silent(
            "AtcqDeviceQuarantined", "AtcqDeviceFlapping", "AtcqRecoveryFailed", "AtcqTimeoutsWithoutQuarantine",
            "AtcqEventsLost", "AtcqFaultLeftArmed", "AtcqExporterDown"))
        self.check("an unpatched kernel has timeouts: AtcqTimeoutsWithoutQuarantine fires, for that one alone",
                   lambda: self.fires("AtcqTimeoutsWithoutQuarantine", cluster="stock"))
        self.check("an injected timeout quarantines a device, and no alert fires", self.injected)
        self.check("a device that does not answer: AtcqDeviceQuarantined fires, and resolves with its reset", self.quarantine)
        self.check("a reset that fails: AtcqRecoveryFailed fires, and resolves with a good one", self.recovery_fails)
        self.check("the third incident within a minute, an hour in the rules: AtcqDeviceFlapping fires", self.flapping)
        self.check("slow answers: AtcqCmdSyncSlow fires, and resolves", self.slow)
        self.check("an injector that hangs: AtcqFaultLeftArmed fires, and resolves when it ends", self.left_armed)
        self.check("a daemon that hangs: AtcqExporterDown fires, and resolves", self.down)
        self.check("events that came meanwhile were lost: AtcqEventsLost fires, and resolves", self.lost)
        self.check("... and AtcqTimeoutsWithoutQuarantine has resolved, and never fired for the patched one",
                   lambda: self.resolves("AtcqTimeoutsWithoutQuarantine") or self.never_on_patched())
        self.check("other parsers read all three formats", lambda: formats.check(self.guest.url(), self.tools))
        self.check("what each Prometheus stores: classic or native histograms with the same sums, and exemplars", self.stored)
        self.check("no more incidents: AtcqDeviceFlapping resolves", lambda: self.resolves("AtcqDeviceFlapping", 70))
        self.check("each expression had data, or is empty by design", self.had_data)
        self.check("each rule was evaluated without an error", self.rules_are_healthy)

    def end(self):
        self.stock.terminate()
        self.stock.wait()
        for prom in self.proms:
            prom.end()
        self.check("the daemon ends well, and the guest's kernel has no report",
                   lambda: self.guest.end() and (self.guest.out / "vm.log").read_text()[-2000:])


def main():
    atcq, tools, folder = (pathlib.Path(arg) for arg in sys.argv[1:4])
    story = Story(atcq, tools, folder, int(sys.argv[4]))
    try:
        story.tell()
    except Failure as failure:
        why = str(failure)
        story.check("the story is told", lambda: why)
    finally:
        story.end()
    print(f"1..{story.n}")
    return story.bad


sys.exit(main())
