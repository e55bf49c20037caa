# SPDX-License-Identifier: GPL-2.0-only
# vm: --kernel patched
# proves: a blocked device can be removed and found again, and works
# as-scenarios: unplug-broken, unplug-reset-failed
. tests/lab/guest/lib.sh
disk=0000:01:00.0
read_disk() { dd if=/dev/vda of=/dev/null bs=64k count="$1" iflag=direct 2>/dev/null; }
read_disk 2 || fail "read"
atsdev $other $disk never >/dev/null
read_disk 1
wait_for "the fence" '[ "$(state '$disk')" = broken ]'
atcq report --format json -o $TMPDIR/r.json -- sh -c "echo 1 >$sysdev/$disk/remove; sleep 0.2" || fail report
grep -q '"state":"removed"' $TMPDIR/r.json || fail "not removed: $(cat $TMPDIR/r.json)"
[ ! -e $sysdev/$disk ] || fail "still there"
atsdev $other $disk answer >/dev/null
echo 1 >/sys/bus/pci/rescan
wait_for "the device" '[ -e '$sysdev/$disk/iommu_state/blocked' ]'
is "state after rescan" "$(state $disk)" no
is "ATS after rescan" "$(ats $disk)" on
wait_for "the disk" '[ -b /dev/vda ] || [ -b /dev/vdb ]'
