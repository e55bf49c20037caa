# SPDX-License-Identifier: GPL-2.0-only
# vm: --kernel patched
# proves: a report that is handled after a good reset is dropped, one that meets a removal is no harm, and until then ATS is off
. tests/lab/guest/lib.sh
churn $dev
arm report-late --device $dev --delay 2s
atsdev $other $dev never >/dev/null
wait_for "the block" '[ "$(ats '$dev')" = broken ]'
is "state before the report is handled" "$(state $dev)" no
reset $dev || fail "reset: $(cat $TMPDIR/reset.err)"
fired
sleep 2.5
is "after a report from before the reset" "$(state $dev) $(ats $dev)" "no on"
dmesg | grep -q "$dev: broken: DMA is blocked" && fail "fenced by a report from before the reset"
before=$(counter $dev received); sleep 0.3
[ "$(counter $dev received)" -gt "$before" ] || fail "no ATC_INVs after the reset"
# And without the delay the same is fenced
fence $dev
reset $dev || fail "reset: $(cat $TMPDIR/reset.err)"

# A driver that is told only after the reset is not told any more
arm notify-late --device $dev --delay 1500ms
fence $dev
reset $dev || fail "reset: $(cat $TMPDIR/reset.err)"
fired
sleep 2
is "after a late notification" "$(state $dev) $(ats $dev)" "no on"

disk=0000:01:00.0
arm report-late --device $disk --delay 2s
atsdev $other $disk never >/dev/null
dd if=/dev/vda of=/dev/null bs=64k count=1 iflag=direct 2>/dev/null
wait_for "the block" '[ "$(ats '$disk')" = broken ]'
echo 1 >$sysdev/$disk/remove || fail "remove"
[ ! -e $sysdev/$disk ] || fail "still there"
fired
atsdev $other $disk answer >/dev/null
echo 1 >/sys/bus/pci/rescan
wait_for "the device" '[ -e '$sysdev/$disk/iommu_state/blocked' ]'
is "state after rescan" "$(state $disk) $(ats $disk)" "no on"
