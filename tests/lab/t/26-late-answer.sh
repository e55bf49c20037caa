# SPDX-License-Identifier: GPL-2.0-only
# vm: --kernel patched --qemu-arg -global --qemu-arg arm-smmuv3.atc-timeout=1500000
# proves: a device that takes longer than the driver polls loses ATS all the same, and is back after an FLR
. tests/lab/guest/lib.sh
churn $dev
atcq report --format json -o $TMPDIR/r.json -- sh -c "
	atsdev $other $dev never >/dev/null; sleep 4
	cat $sysdev/$dev/iommu_state/blocked >$TMPDIR/blocked; cat $sysdev/$dev/arm-smmu-v3/ats >$TMPDIR/ats
	atsdev $other $dev >$TMPDIR/before; sleep 0.3; atsdev $other $dev >$TMPDIR/after
	echo 1 >$sysdev/$dev/reset; sleep 0.5" || fail "report"
dmesg | grep -q "CMD_SYNC timeout" || fail "the driver did not give up polling"
is "state" "$(cat $TMPDIR/blocked)" broken
is "ATS" "$(cat $TMPDIR/ats)" broken
is "ATC_INVs after the block" "$(cat $TMPDIR/after)" "$(cat $TMPDIR/before)"
is "state after the FLR" "$(state $dev)" no
is "ATS after the FLR" "$(ats $dev)" on
is "the other device" "$(state $other) $(ats $other)" "no on"
