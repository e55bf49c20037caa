# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# What the tests in tests/lab/t share; they run in the guest.
# shellcheck disable=SC2034
# Of the guest's own, for what tests write, see guest/init; a scenario may run elsewhere
TMPDIR=${TMPDIR:-/tmp}
dev=0000:02:00.0	# the device that breaks
other=0000:03:00.0	# untouched; its registers break the first
sysdev=/sys/bus/pci/devices

fail() { echo "FAIL: $*"; exit 1; }
state() { cat "$sysdev/$1/iommu_state/blocked"; }
ats() { cat "$sysdev/$1/arm-smmu-v3/ats"; }
# counter DEVICE received|timeouts: what the emulator counted
counter() { atsdev $other "$1" | sed "s/.*$2=\([0-9]*\).*/\1/"; }
# churn DEVICE...: unmaps for the devices, in the background, each in a domain
churn() {
	for d; do
		before=$(counter "$d" received)
		vfio-churn --device "$d" --count 0 --interval-us 5000 >$TMPDIR/churn.json &
		churns="${churns:-} $!"
		# VFIO resets the device when it is opened, and lets it go when it is closed
		wait_for "churn of $d" 'grep -q vfio '"$sysdev/$d"'/driver_override && [ "$(counter '"$d"' received)" -gt $((before + 5)) ]'
		wait_for "the end of the reset of $d" '[ "$(state '"$d"' 2>/dev/null || echo no)" = no ]'
	done
}
# gerror_to MASK: GERROR's interrupt to these CPUs. It must not be on the CPU that issues,
# else every CMD_SYNC of an unpatched kernel waits out its second
gerror_to() {
	irq=$(sed -n 's/^ *\([0-9]*\):.*arm-smmu-v3-gerror.*/\1/p' /proc/interrupts)
	echo "$1" >"/proc/irq/$irq/smp_affinity"
}
churn_on_base() { # DEVICE
	gerror_to 2
	taskset 1 vfio-churn --device "$1" --count 0 --interval-us 5000 >$TMPDIR/churn.json &
	sleep 0.5
}
# wait_for WHAT CONDITION: up to 10 s
wait_for() {
	i=0
	until eval "$2"; do
		i=$((i + 1))
		[ $i -lt 200 ] || fail "waited in vain for: $1"
		sleep 0.05
	done
}
# is WHAT IS SHOULD
is() { [ "$2" = "$3" ] || fail "$1 is '$2', should be '$3'"; }
# value FILE KEY: a number in a JSON report
value() { sed "s/.*\"$2\":\([^,}]*\).*/\1/" "$1"; }
# arm FAULT... OPTIONS: atcq inject in the background, until it is armed; the tests
# use the devices themselves, hence the force
arm() {
	: >$TMPDIR/inject.err
	atcq inject "$@" --force >$TMPDIR/inject.out 2>$TMPDIR/inject.err &
	injector=$!
	wait_for "the injector: $(cat $TMPDIR/inject.err)" 'grep -q "Ctrl-C disarms" $TMPDIR/inject.err || ! kill -0 $injector 2>/dev/null'
}
# load MODULE [PARAMETER=VALUE...]: one of the lab's own
load() {
	kernel=patched module=$1
	[ ! -e /proc/lockdep ] || kernel=debug
	shift
	insmod "$(dirname "$(command -v atsdev)")/$module-$kernel.ko" "$@"
}
# fired: the injector ends, and has fired
fired() { wait $injector || fail "inject: $(cat $TMPDIR/inject.out $TMPDIR/inject.err)"; }
# reset DEVICE: its exit status tells; the message goes to $TMPDIR/reset.err
reset() { (echo 1 >"$sysdev/$1/reset") 2>$TMPDIR/reset.err; }
# fence DEVICE: by not answering
fence() {
	atsdev $other "$1" never >/dev/null
	wait_for "the fence of $1" '[ "$(state '"$1"')" = broken ]'
}
# keep FILE OPTIONS: the daemon keeps a history there, from now on
keep() {
	: >$TMPDIR/daemon.err
	atcq daemon --db "$@" 2>$TMPDIR/daemon.err &
	daemon=$!
	wait_for "the daemon" 'grep -q "keeping the history" $TMPDIR/daemon.err || ! kill -0 $daemon 2>/dev/null'
}
# unkeep: it ends, as it should
unkeep() { kill -TERM $daemon; wait $daemon || fail "the daemon ends with $?: $(cat $TMPDIR/daemon.err)"; }
# ends WHAT COMMAND: its exit status; fails unless it returns within 10 s. Its output goes
# to $TMPDIR/ends.log
ends() {
	rm -f "$TMPDIR/ends.rc"
	(sh -c "$2" >"$TMPDIR/ends.log" 2>&1; echo $? >"$TMPDIR/ends.rc") &
	wait_for "the end of $1" '[ -s $TMPDIR/ends.rc ]'
	return "$(cat "$TMPDIR/ends.rc")"
}
# Of the guest's NVMe disk (vm --nvme): its address, its state and its controller's, a read
nvme() { basename "$(readlink -f /sys/class/nvme/nvme0/device)"; }
nvme_condition() { echo "$(state "$1") $(ats "$1") $(cat /sys/class/nvme/nvme0/state)"; }
nvme_read="dd if=/dev/nvme0n1 of=/dev/null bs=64k count=20 iflag=direct"
# nvme_revive DISK: a reset, unbind and bind return, and the dead disk works again
nvme_revive() {
	nv=$1
	ends "a reset by sysfs" "echo 1 >$sysdev/$nv/reset" || fail "the reset failed: $(cat "$TMPDIR/ends.log")"
	is "the disk" "$(nvme_condition $nv)" "no on dead"
	ends "unbind" "echo $nv >/sys/bus/pci/drivers/nvme/unbind" || fail "unbind: $(cat "$TMPDIR/ends.log")"
	ends "bind" "echo $nv >/sys/bus/pci/drivers/nvme/bind" || fail "bind: $(cat "$TMPDIR/ends.log")"
	wait_for "the disk" '[ -b /dev/nvme0n1 ] && [ "$(nvme_condition $nv)" = "no on live" ]'
	ends "I/O" "$nvme_read" || fail "I/O after the reset: $(cat "$TMPDIR/ends.log")"
}
