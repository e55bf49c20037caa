#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# What the gate has to tell a slow-down from: 20 boots of the series, varied as it varies
# them; and as many for contention between CPUs, where nothing else should run.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "${BASH_SOURCE[0]}")/../common.sh"
. "$LAB/lib/gate.sh"
cd "$TOP"
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
make -s atcq >&2
for GATE_CONTENTION in no yes; do
	mkdir "$out/$GATE_CONTENTION"
	for ((i = 1; i <= ${BOOTS:-20}; i++)); do
		measure patched $i "$out/$GATE_CONTENTION/$(printf %03d $i).json" || die "a boot was not measured"
	done
	python3 "$LAB/lib/bench/gate.py" build/atcq "$out/$GATE_CONTENTION"/*.json
done
