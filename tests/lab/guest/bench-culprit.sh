#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# In the guest, in virtual time: the unmap that finds one culprit among all but
# the last of the test devices, which are in one domain.
# Usage: bench-culprit.sh OUT
other=
set -- "$1"
out=$1
shift
for d in /sys/bus/pci/devices/*; do
	[ "$(cat "$d/device")" = 0x00f7 ] || continue
	[ -z "$other" ] || set -- "$@" --device "$other"
	other=${d##*/}
done
echo $(($# / 2)) >"$out/devices"
vfio-churn "$@" --count 0 --interval-us 20000 >"$out/churn.json" &
pid=$!
sleep 30	# each device is reset when it is opened
atsdev "$other" 0000:20:00.0 never >/dev/null
sleep 1
is=$(cat /sys/bus/pci/devices/0000:20:00.0/iommu_state/blocked)
kill $pid
wait $pid
[ "$is" = broken ] || { echo "bench-culprit: the culprit is '$is', not broken" >&2; exit 1; }
