# SPDX-License-Identifier: GPL-2.0-only
# vm: --kernel patched --qemu-arg -device --qemu-arg pcie-root-port,id=rpx,chassis=98,slot=98,addr=18.0,multifunction=on --qemu-arg -device --qemu-arg ats-testdev,bus=rpx --qemu-arg -device --qemu-arg pcie-root-port,id=rpy,chassis=99,slot=99,addr=18.1 --qemu-arg -device --qemu-arg ats-testdev,bus=rpy --append pci=config_acs=10100@00:18.0;10100@00:18.1
# proves: of two devices in one group each has a state of its own: the reset of one neither lifts the block of the other nor ends its reset
# red: group-state FAIL: the sibling of the broken device is .broken
. tests/lab/guest/lib.sh
a=0000:04:00.0 b=0000:05:00.0
# The root ports do not keep requests between devices from passing (ACS)
is "the group of $b" "$(readlink $sysdev/$b/iommu_group)" "$(readlink $sysdev/$a/iommu_group)"
churn $a
fence $a
is "the sibling of the broken device" "$(state $b) $(ats $b)" "no on"
reset $b || fail "reset of the sibling: $(cat $TMPDIR/reset.err)"
is "the broken device after the reset of its sibling" "$(state $a) $(ats $a)" "broken broken"
is "the sibling after its reset" "$(state $b) $(ats $b)" "no on"
before=$(counter $b received); sleep 0.3
[ "$(counter $b received)" -gt "$before" ] || fail "no ATC_INVs for the sibling"
reset $a || fail "reset of the broken device: $(cat $TMPDIR/reset.err)"
is "the broken device after its own reset" "$(state $a) $(ats $a)" "no on"

arm reset-late --device $a --delay 4s
reset $a &
resetting=$!
wait_for "the reset of $a" '[ "$(state '$a')" = resetting ]'
reset $b || fail "reset of the sibling meanwhile: $(cat $TMPDIR/reset.err)"
is "the first, whose reset takes longer" "$(state $a)" resetting
is "the second" "$(state $b)" no
wait $resetting || fail "the long reset: $(cat $TMPDIR/reset.err)"
fired
is "both" "$(state $a) $(ats $a) $(state $b) $(ats $b)" "no on no on"
