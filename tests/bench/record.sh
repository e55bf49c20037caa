#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Recordings, on this machine: speed and memory of a report, against trace-cmd;
# bytes an event; events through the ring buffer; incidents through the daemon's history.
# BENCH_EVENTS: how many (10^7), BENCH_INCIDENTS: how many of these (10^6).
set -euo pipefail
top=$(cd "$(dirname "$0")/../.." && pwd)
O=${O:-$top/build}
events=${BENCH_EVENTS:-10000000}
incidents=${BENCH_INCIDENTS:-1000000}
peer=$((events / 10))	# trace-cmd is slow: a tenth of the events, said below
make -s -C "$top" O="$O" atcq "$O"/tests/bench/{make-recording,dump-json,ring,history} >/dev/null
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
ratio() { awk "BEGIN { printf \"$1\", $2 }"; }
# cpu COMMAND...: seconds of CPU and KiB of memory that it takes, in $out/cpu
cpu() {
	python3 - "$out/cpu" "$@" <<'PY'
import resource, subprocess, sys
code = subprocess.run(sys.argv[2:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode
use = resource.getrusage(resource.RUSAGE_CHILDREN)
open(sys.argv[1], "w").write(f"{use.ru_utime + use.ru_stime:.3f} {use.ru_maxrss}\n")
sys.exit(code)
PY
}

"$O/tests/bench/make-recording" "$out/r.atcq" $((events / 100)) 90 >/dev/null
cpu "$O/atcq" report -i "$out/r.atcq"
read -r seconds kib <"$out/cpu"
mine=$(ratio %.2f "$events / $seconds / 1e6")
printf 'report of %d events, %d incidents   %s s of CPU, %s M events/s, %s MiB\n' \
	"$events" $((events / 100)) "$seconds" "$mine" "$(ratio %.1f "$kib / 1024")"
"$O/tests/bench/make-recording" "$out/many.atcq" $((events / 10)) 0 >/dev/null
cpu "$O/atcq" report -i "$out/many.atcq"
read -r seconds kib <"$out/cpu"
printf 'report of %d incidents              %s s of CPU, %s MiB\n' $((events / 10)) "$seconds" "$(ratio %.1f "$kib / 1024")"

size=$(stat -c %s "$out/r.atcq")
printf 'a recording                          %s bytes an event\n' "$(ratio %.1f "$size / $events")"
"$O/tests/bench/dump-json" "$out/r.atcq" | zstd -q -3 -c >"$out/json.zst"
printf 'JSON lines + zstd                    %s bytes an event\n' "$(ratio %.1f "$(stat -c %s "$out/json.zst") / $events")"
if command -v trace-cmd >/dev/null && "$top/tests/bench/trace-cmd.sh" "$out/t.dat" "$peer" >"$out/trace-cmd.log" 2>&1; then
	n=$(trace-cmd report "$out/t.dat" 2>/dev/null | grep -c sys_enter || true)
	cpu trace-cmd report "$out/t.dat"
	read -r seconds kib <"$out/cpu"
	theirs=$(ratio %.3f "$n / $seconds / 1e6")
	printf 'trace-cmd report of %d events     %s s of CPU, %s M events/s: atcq is %s times as fast\n' \
		"$n" "$seconds" "$theirs" "$(ratio %.0f "$mine / $theirs")"
	printf 'trace.dat (system calls, all alike)  %s bytes an event\n' "$(ratio %.1f "$(stat -c %s "$out/t.dat") / $n")"
else
	echo "trace-cmd: not to be had here (package trace-cmd, root, tracefs)"
	sed 's/^/  /' "$out/trace-cmd.log" | tail -n 3
fi

for rate in 250000 500000 1000000 2000000 0; do
	"$O/tests/bench/ring" "$out/ring.atcq" $((events / 5)) $rate >"$out/ring" || { cat "$out/ring"; echo "ring buffer: it does not add up"; exit 1; }
	wanted=$(ratio "%.2f M/s" "$rate / 1e6")
	[ $rate != 0 ] || wanted=all
	printf 'ring buffer, wanted %-9s        %s\n' "$wanted" "$(cat "$out/ring")"
done

printf 'history of %-9d incidents        ' "$incidents"
"$O/tests/bench/history" "$out/history.db" "$incidents" || { echo "history: not all of them are there"; exit 1; }
cpu "$O/atcq" report --db "$out/history.db"
read -r seconds kib <"$out/cpu"
printf '  %s bytes each, report --db         %s s of CPU, %s MiB\n' \
	$(($(stat -c %s "$out/history.db") / incidents)) "$seconds" "$(ratio %.1f "$kib / 1024")"
