# SPDX-License-Identifier: GPL-2.0-only
# vm: --kernel patched --icount --qemu-arg -device --qemu-arg pcie-root-port,id=rpx,chassis=99,slot=99,addr=18.0 --qemu-arg -device --qemu-arg ats-testdev,bus=rpx,lost-by-flr=on
# proves: a device that is waited for after an FLR, for a minute, and does not come back stays blocked until a reset of its bus brings it back
. tests/lab/guest/lib.sh
lost=0000:04:00.0
echo flr >$sysdev/$lost/reset_method
start=$(cut -d. -f1 /proc/uptime)
reset $lost && fail "an FLR that the device does not survive does not say so"
took=$(($(cut -d. -f1 /proc/uptime) - start))
[ $took -ge 55 ] || fail "given up after $took s"
is "state when it is given up" "$(state $lost)" reset-failed
dmesg | grep -q "$lost: not ready .*ms after FLR; giving up" || fail "not said how long it was waited for"
is "the other device" "$(state $other) $(ats $other)" "no on"
# What cannot be read is not reset a second time
reset $lost && fail "an FLR of a device that is not there does not say so"
is "state after another FLR" "$(state $lost)" reset-failed
echo bus >$sysdev/$lost/reset_method || fail "no reset of the bus"
reset $lost || fail "reset of the bus: $(cat $TMPDIR/reset.err)"
is "state after a reset of the bus" "$(state $lost) $(ats $lost)" "no on"
