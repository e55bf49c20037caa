#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The exporter on this machine, with replayed devices: what a scrape costs, beside Debian's
# node_exporter; scrapes while 100,000 events a second arrive; and what 10,000 such hosts
# cost a Prometheus. BENCH_SECONDS: of load (60).
set -euo pipefail
top=$(cd "$(dirname "$0")/../.." && pwd)
O=${O:-$top/build}
seconds=${BENCH_SECONDS:-60} scrapes=200
make -s -C "$top" O="$O" atcq "$O/tests/bench/make-recording" >/dev/null
tools=$("$top/tests/prom/tools")
out=$(mktemp -d)
pid=""
trap '[ -z "$pid" ] || kill "$pid" 2>/dev/null; rm -rf "$out"' EXIT
calc() { awk "BEGIN { printf \"$1\", $2 }"; }
port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
# As Prometheus 2.42 asks
ask=(-H "Accept: application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1")
# start PORT COMMAND...: until it answers
start() {
	url="http://127.0.0.1:$1/metrics"
	shift
	"$@" >"$out/log" 2>&1 &
	pid=$!
	for _ in $(seq 100); do
		! curl -sf -o /dev/null "$url" || return 0
		sleep 0.1
	done
	cat "$out/log" >&2
	return 1
}
stop() { kill "$pid"; wait "$pid" || true; pid=""; }
# used: seconds of CPU so far
used() { awk -v hz="$(getconf CLK_TCK)" '{ print ($14 + $15) / hz }' "/proc/$pid/stat"; }
peak() { awk '/^VmHWM/ { print $2 / 1024 }' "/proc/$pid/status"; }
series() { curl -s "${ask[@]}" "$url" | grep -vc '^#'; }
# cost NAME: of a scrape, with gzip; leaves each (us of CPU for a series) and mib
cost() {
	local before n ms bytes args=()
	n=$(series)
	for _ in $(seq $scrapes); do args+=(-o /dev/null "$url"); done
	bytes=$(curl -s "${ask[@]}" -H "Accept-Encoding: gzip" "$url" | wc -c)
	before=$(used)
	curl -s "${ask[@]}" -H "Accept-Encoding: gzip" -w '%{time_total}\n' "${args[@]}" >"$out/times"
	ms=$(calc %.3f "($(used) - $before) / $scrapes * 1000")
	each=$(calc %.3f "$ms / $n * 1000") mib=$(calc %.1f "$(peak)")
	printf '%-28s %6d series  %7s ms of CPU, %5s ms a scrape (median), %6d bytes, %6s us a series, %5s MiB\n' \
		"$1" "$n" "$ms" "$(sort -n "$out/times" | awk '{ t[NR] = $1 } END { printf "%.1f", t[int((NR + 1) / 2)] * 1000 }')" \
		"$bytes" "$each" "$mib"
}
# load DEVICES RATE CONNECTIONS: scrapes a second, while events arrive: of 1,000 one is an incident
load() {
	local devices=$1 rate=$2 connections=$3 made taken lost r
	made=$(((seconds + 5) * 100000))
	"$O/tests/bench/make-recording" "$out/load.atcq" $((made / 1000)) 990 "$devices" 100000 >/dev/null
	atcq "$out/load.atcq"
	before=$(used)
	# Pauses a fifth shorter than an answer that takes no time would need
	wrk -t 1 -c "$connections" -d "${seconds}s" --timeout 5s -s "$top/tests/bench/scrape.lua" \
		"${ask[@]}" -H "Accept-Encoding: gzip" "$url" -- $((connections * 800 / rate)) >"$out/wrk" || { cat "$out/wrk"; return 1; }
	r=$(calc %.0f "100 * ($(used) - $before) / $seconds")
	# The recording ends 5 s later; a slow daemon would be behind
	for _ in $(seq 8); do
		curl -s "$url" >"$out/metrics"
		taken=$(awk '/^atcq_events_total/ { n += $2 } END { printf "%.0f", n }' "$out/metrics")
		[ "$taken" -lt "$made" ] || break
		sleep 1
	done
	lost=$(awk '/^atcq_events_lost_total/ { n += $2 } END { printf "%.0f", n }' "$out/metrics")
	# shellcheck disable=SC2046
	set -- $(grep ^scrapes "$out/wrk")
	printf '%d devices, 100,000 events/s, %d s: %s scrapes/s (goal %d), p50 %s ms, p99 %s ms, most %s ms, %s errors (goal 0), %d of %d events taken, %d lost (goal 0), %d %% of a core, %.1f MiB\n' \
		"$devices" "$seconds" "$4" "$rate" "$6" "$8" "${10}" "${12}" "$taken" "$made" "$lost" "$r" "$(peak)"
	stop
}
# atcq RECORDING: the daemon replays it
atcq() {
	local port
	port=$(port)
	start "$port" "$O/atcq" daemon -i "$1" --listen "127.0.0.1:$port"
}

"$O/tests/bench/make-recording" "$out/quiet.atcq" 2000 0 1024 100000 >/dev/null
atcq "$out/quiet.atcq"
sleep 1.5	# so that all of it was taken
cost "atcq, 1,024 devices"
mine=$each memory=$mib
stop
port=$(port)
start "$port" "$tools/prometheus-node-exporter" --web.listen-address="127.0.0.1:$port" --log.level=error
cost "node_exporter 1.5"
stop
printf 'CPU for a series: 1/%s of node_exporter'\''s (goal 1/20); memory %s MiB (goal 16)\n' "$(calc %.1f "$each / $mine")" "$memory"
command -v wrk >/dev/null || { echo "wrk is not here (tests/lab/install-packages)"; exit 3; }
load 8 1000 16
load 1024 10 2
"$top/tests/prom/cost" "$O/atcq" "$O/tests/bench/make-recording" "$tools"
