# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# What the bench scripts share; they run in the guest.
# shellcheck disable=SC2034
dev=0000:02:00.0	# the device that is measured
other=0000:03:00.0	# its registers break the first
trace=/sys/kernel/tracing
churns=

# environment: what the results of a boot say of it, see lib/gate/results.py
environment() {
	uname -r
	uname -v
	uname -m
	nproc
	cat /proc/sys/kernel/random/boot_id
	env | grep ^ATCQ_ENV_
	atcq --version | sed 's/^[^ ]* /ATCQ_ENV_PROGRAM=/'
}
# mean DEVICE...: mean instructions of 3000 unmaps of one page
mean() {
	# shellcheck disable=SC2046
	set -- $(printf -- ' --device %s' "$@")
	vfio-churn "$@" --count 3000 | sed 's/.*"mean_ns": \([0-9]*\).*/\1/'
}
# received DEVICE: the ATC_INVs that it has got
received() { atsdev $other "$1" | sed 's/.*received=\([0-9]*\).*/\1/'; }
# churn INTERVAL_US DEVICE...: unmaps in the background, all devices in one domain;
# opening a device resets it, so wait for the last one's first unmaps
churn() {
	interval=$1
	shift
	for last; do :; done
	was=$(received "$last")
	# shellcheck disable=SC2046
	set -- $(printf -- ' --device %s' "$@")
	vfio-churn "$@" --count 0 --interval-us "$interval" >/dev/null &
	churns="$churns $!"
	until [ "$(received "$last")" -gt $((was + 10)) ]; do sleep 0.5; done
}
end_churn() {
	# shellcheck disable=SC2086
	kill $churns && wait $churns
	churns=
}
# break_and_reset DEVICE...: one incident, then the devices answer again
break_and_reset() {
	for d; do atsdev $other "$d" never >/dev/null; done
	sleep 0.2
	for d; do echo 1 >/sys/bus/pci/devices/"$d"/reset; done
	sleep 0.2
}
# traced OUT EVENT... -- COMMAND: what ftrace saw of these events meanwhile, as its
# own pages in the folder OUT, as its text has no nanoseconds
traced() {
	to=$1 events=
	shift
	mkdir -p "$to"
	while [ "$1" != -- ]; do
		events="$events $1"
		cp "$trace/events/$1/format" "$to/${1#*/}.format"
		shift
	done
	shift
	echo >$trace/trace
	for e in $events; do echo 1 >"$trace/events/$e/enable"; done
	"$@"
	for e in $events; do echo 0 >"$trace/events/$e/enable"; done
	timeout 1 dd bs=4096 if=$trace/per_cpu/cpu0/trace_pipe_raw of="$to/raw" 2>/dev/null
	[ -s "$to/raw" ]
}
