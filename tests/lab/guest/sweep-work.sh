#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# In the guest: what a sweep repeats. Two devices in one domain; the first stops
# answering ATC invalidations, is quarantined and then reset.
# Usage: sweep-work.sh DEVICE DEVICE TESTDEV
dev=$1 other=$2 testdev=$3 sys=/sys/bus/pci/devices/$1
received() { atsdev "$testdev" "$dev" | sed 's/.*received=\([0-9]*\).*/\1/'; }
# Not for long, and not if the other one has given up: a fault may have it never come
wait_for() {
	i=0
	until eval "$1" || [ $i -ge 20 ] || ! kill -0 $churn 2>/dev/null; do
		sleep 0.02
		i=$((i + 1))
	done
}
# shellcheck disable=SC2034
enough=$(($(received) + 30))
vfio-churn --device "$dev" --device "$other" --count 0 --interval-us 2000 >/dev/null &
churn=$!
# Opening it takes about ten, from then on it is unmaps
wait_for '[ "$(received)" -gt $enough ]'
atsdev "$testdev" "$dev" never >/dev/null
wait_for '[ "$(cat "$sys/iommu_state/blocked")" = broken ]'
echo 1 >"$sys/reset"
sleep 0.1
kill $churn
wait $churn
