# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# One boot of a kernel, measured: what the gate, its bench and its proof are made of.

GATE_INCIDENTS=${GATE_INCIDENTS:-20}

# What boots of the gate have in common: a quiet console, since printing is no part of
# what is measured, and a device that is given up after 100 us, since waiting is none
GATE_VM=(--icount --append loglevel=1 --qemu-arg -global --qemu-arg arm-smmuv3.atc-timeout=100)

# host_load: keeps a CPU busy while nobody else wants it; sets LOAD
host_load() {
	nice -n 19 sh -c 'while :; do :; done' &
	LOAD=$!
}

# measure KERNEL SEED FILE: boots it once, and puts its results there. What commits vary
# without meaning to, the seed varies: where the kernel and its programs lie (the device
# tree's kaslr-seed and rng-seed come from it), when all begins between two ticks, and
# whether the host is busy
measure() {
	local kernel=$1 seed=$2 file=$3 dir rc=0 phase load LOAD=""
	phase=$((seed * 2654435761 % 4294967296 % 4000)) load=$((seed / 2 % 2))
	dir=$(mktemp -d)
	[ $load -eq 0 ] || host_load
	"$LAB/vm" --kernel "$kernel" "${GATE_VM[@]}" --qemu-arg -seed --qemu-arg "$seed" \
		--timeout 120 --share "$dir" -- sh tests/lab/guest/gate.sh "$dir" "$GATE_INCIDENTS" $phase >"$dir/out" 2>&1 || rc=$?
	[ -z "$LOAD" ] || kill "$LOAD"
	if [ $rc -ne 0 ]; then
		cat "$dir/out" >&2
	else
		"$LAB/lib/gate/results.py" "$dir" "$GATE_INCIDENTS" "seed=$seed" "phase_us=$phase" "host_load=$load" >"$file.part" &&
			mv "$file.part" "$file" || rc=1
	fi
	rm -rf "$dir"
	return $rc
}
