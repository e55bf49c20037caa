#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# proves: a boot measured for the gate gives every gated metric, also of contention or a scenario, and atcq diff reads it and wants more boots
set -uo pipefail
lab=$(cd "$(dirname "$0")/.." && pwd)
. "$lab/lib/common.sh"
. "$lab/lib/gate.sh"
set +e
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$TOP" || exit 1
fail() { echo "FAIL: $*"; cat "$dir/diff" 2>/dev/null; exit 1; }
make -s atcq >&2
GATE_INCIDENTS=5 measure "${LAB_KERNEL:-patched}" 7 "$dir/boot.json" || fail "no results"
build/atcq diff "$dir/boot.json" "$dir/boot.json" >"$dir/diff"
[ $? -eq 5 ] || fail "one boot is enough"
for m in quarantine_ns notice_ns block_ns reattach_ns unmap_ns cmd_sync_ns cmdq_errors atc_timeouts suppressed cmd_syncs atc_invs; do
	grep -Eq "^  $m +.* not enough data: 1 and 1 boots" "$dir/diff" || fail "$m is not gated"
done
grep -q '"clock": "icount"' "$dir/boot.json" || fail "the clock is not icount"
grep -q '"config": "[0-9a-f]\{16\}"' "$dir/boot.json" || fail "the configuration is not known"
grep -q '"emulator": "QEMU ' "$dir/boot.json" || fail "the emulator is not known"
grep -q '"seed": "7"' "$dir/boot.json" || fail "what was varied is not told"
GATE_CONTENTION=yes GATE_INCIDENTS=2 measure "${LAB_KERNEL:-patched}" 8 "$dir/wall.json" || fail "no results of contention"
grep -q '"clock": "wall"' "$dir/wall.json" || fail "the clock is not the wall's"
build/atcq diff "$dir/wall.json" "$dir/wall.json" >"$dir/diff"
[ $? -eq 5 ] || fail "one boot is enough"
grep -Eq "^  contended +.* not enough data: 1 and 1 boots" "$dir/diff" || fail "contention is not gated"
build/atcq diff "$dir/boot.json" "$dir/wall.json" >"$dir/diff" 2>&1
[ $? -eq 3 ] || fail "instructions and seconds are compared"
GATE_SCENARIO=$TOP/tests/scenarios/dead-device.yaml GATE_INCIDENTS=1 measure "${LAB_KERNEL:-patched}" 9 "$dir/scenario.json" || fail "no results of a scenario"
build/atcq diff "$dir/scenario.json" "$dir/scenario.json" >"$dir/diff"
grep -Eq "^  quarantine_ns +.* not enough data: 1 and 1 boots" "$dir/diff" || fail "a scenario's quarantine is not gated"
