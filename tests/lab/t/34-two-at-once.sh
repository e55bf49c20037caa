# SPDX-License-Identifier: GPL-2.0-only
# vm: --kernel patched --testdevs 3
# proves: two devices in two domains, whose issuers time out at the same time, are two incidents, and the third device is none
# as-scenarios: two-domains-at-once
. tests/lab/guest/lib.sh
first=$dev second=0000:04:00.0
churn $first $second
atcq report --format json -o $TMPDIR/r.json -- sh -c "
	atsdev $other $first never >/dev/null; atsdev $other $second never >/dev/null; sleep 1
	cat $sysdev/$first/iommu_state/blocked $sysdev/$second/iommu_state/blocked $sysdev/$other/iommu_state/blocked >$TMPDIR/states
	echo 1 >$sysdev/$first/reset; echo 1 >$sysdev/$second/reset; sleep 0.3" || fail "report"
is "states" "$(tr '\n' ' ' <$TMPDIR/states)" "broken broken no "
for kv in '"incidents":2' '"recovered":2' '"atc_timeouts":2' '"cmdq_errors":2'; do
	grep -q "$kv" $TMPDIR/r.json || fail "no $kv in $(cat $TMPDIR/r.json)"
done
is "the first" "$(state $first) $(ats $first)" "no on"
is "the second" "$(state $second) $(ats $second)" "no on"
