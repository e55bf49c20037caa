# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# One boot of a kernel, measured: what the gate, its bench and its proof are made of.

# How often it is measured in a boot, unless said: see repetitions()
GATE_INCIDENTS=${GATE_INCIDENTS:-}
# A scenario to measure instead of guest/gate.sh
GATE_SCENARIO=${GATE_SCENARIO:-}
# yes: how CPUs get into each other's way instead (guest/contention.sh), on the clock of the wall
GATE_CONTENTION=${GATE_CONTENTION:-no}

# What boots of the gate have in common: a quiet console, since printing is no part of
# what is measured, and a device that is given up after 100 us, since waiting is none
GATE_VM=(--icount --append loglevel=1 --qemu-arg -global --qemu-arg arm-smmuv3.atc-timeout=100 --timeout 300)

# What those of contention have: two CPUs, each one of the host's
GATE_WALL_VM=(--append loglevel=1 --smp 2 --timeout 120)

# host_load: keeps a CPU busy while nobody else wants it; sets LOAD
host_load() {
	nice -n 19 sh -c 'while :; do :; done' &
	LOAD=$!
}

repetitions() {
	if [ -n "$GATE_INCIDENTS" ]; then echo "$GATE_INCIDENTS"
	elif [ -n "$GATE_SCENARIO" ] || [ "$GATE_CONTENTION" = yes ]; then echo 10
	else echo 60; fi
}

# boot KERNEL SEED PHASE DIR: leaves what was measured in DIR
boot() {
	local how=("${GATE_VM[@]}") vm machine
	[ "$GATE_CONTENTION" = no ] || how=("${GATE_WALL_VM[@]}")
	vm=("$LAB/vm" --kernel "$1" "${how[@]}" --qemu-arg -seed --qemu-arg "$2" --share "$4")
	if [ "$GATE_CONTENTION" = yes ]; then
		"${vm[@]}" -- sh tests/lab/guest/contention.sh "$4" "$(repetitions)" "$3"
	elif [ -z "$GATE_SCENARIO" ]; then
		"${vm[@]}" -- sh tests/lab/guest/gate.sh "$4" "$(repetitions)" "$3"
	else
		mapfile -t machine < <("$LAB/scenarios" --machine "$GATE_SCENARIO")
		"${vm[@]}" "${machine[@]}" -- sh -c "usleep $3; exec atcq run --force --repeat $(repetitions) --json '$4/results.json' '$GATE_SCENARIO'"
	fi
}

# results_of DIR KEY=VALUE...: prints them
results_of() {
	if [ -z "$GATE_SCENARIO" ]; then
		"$LAB/lib/gate/results.py" "$1" "$(repetitions)" "${@:2}"
	else
		"$LAB/lib/gate/varied.py" "$1/results.json" "${@:2}"
	fi
}

# measure KERNEL SEED FILE: boots it once, and puts its results there. What commits vary
# without meaning to, the seed varies: where the kernel and its programs lie (the device
# tree's kaslr-seed and rng-seed come from it), when all begins between two ticks, and
# whether the host is busy
measure() {
	local kernel=$1 seed=$2 file=$3 dir rc=0 phase load LOAD=""
	phase=$((seed * 2654435761 % 4294967296 % 4000)) load=$((seed / 2 % 2))
	# By the clock of the wall it would be the load that is measured
	[ "$GATE_CONTENTION" = no ] || load=0
	dir=$(mktemp -d)
	[ $load -eq 0 ] || host_load
	boot "$kernel" "$seed" $phase "$dir" >"$dir/out" 2>&1 || rc=$?
	[ -z "$LOAD" ] || kill "$LOAD"
	# A scenario that failed has results all the same
	if [ $rc -ne 0 ] && { [ $rc -ne 1 ] || [ ! -s "$dir/results.json" ]; }; then
		cat "$dir/out" >&2
	else
		rc=0
		results_of "$dir" "seed=$seed" "phase_us=$phase" "host_load=$load" >"$file.part" &&
			mv "$file.part" "$file" || rc=1
	fi
	rm -rf "$dir"
	return $rc
}
