# SPDX-License-Identifier: GPL-2.0-only
# vm: --kernel patched --qemu-arg -device --qemu-arg pcie-root-port,id=rpx,chassis=99,slot=99,addr=18.0 --qemu-arg -device --qemu-arg ats-testdev,bus=rpx,vendor-id=0x8086,device-id=0x0953
# proves: an FLR inside of a device-specific reset counts as one reset with it: the device is blocked once, until the outer one is done
# red: reset-nesting FAIL: reset by the quirk: .*Device or resource busy
. tests/lab/guest/lib.sh
quirk=0000:04:00.0
events=/sys/kernel/tracing/events/iommu
for event in iommu_reset_prepare iommu_reset_done iommu_device_blocked iommu_device_unblocked; do
	echo 1 >$events/$event/enable || fail "no tracepoint $event"
done
echo device_specific >$sysdev/$quirk/reset_method || fail "no reset quirk"
reset $quirk || fail "reset by the quirk: $(cat $TMPDIR/reset.err)"
is "state" "$(state $quirk) $(ats $quirk)" "no on"
sed -n 's/.*: \(iommu_[a-z_]*\): .*/\1/p' /sys/kernel/tracing/trace | tr '\n' ' ' >$TMPDIR/events
is "events" "$(cat $TMPDIR/events)" "iommu_device_blocked iommu_reset_prepare iommu_reset_done iommu_device_unblocked "
# The quirk waits for 250 ms when the FLR is done; all that time it is blocked
seconds() { sed -n "s/.* \([0-9.]*\): $1: .*/\1/p" /sys/kernel/tracing/trace; }
blocked=$(seconds iommu_device_blocked) unblocked=$(seconds iommu_device_unblocked)
echo "$blocked $unblocked" | awk '{ exit !($2 - $1 > 0.35) }' ||
	fail "blocked from $blocked to $unblocked s, less than the FLR's 100 ms and the quirk's 250 ms"
