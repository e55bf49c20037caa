# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# What the tests in tests/lab/t share; they run in the guest.
# shellcheck disable=SC2034
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
		vfio-churn --device "$d" --count 0 --interval-us 5000 >/tmp/churn.json &
		churns="${churns:-} $!"
		# VFIO resets the device when it is opened, and lets it go when it is closed
		wait_for "churn of $d" 'grep -q vfio '"$sysdev/$d"'/driver_override && [ "$(counter '"$d"' received)" -gt $((before + 5)) ]'
		wait_for "the end of the reset of $d" '[ "$(state '"$d"' 2>/dev/null || echo no)" = no ]'
	done
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
