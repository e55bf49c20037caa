# SPDX-License-Identifier: GPL-2.0-only
# vm: --kernel patched
# proves: a modelled timeout is one incident: ATS off, silence, others untouched, FLR recovers, twice
. tests/lab/guest/lib.sh
churn $dev $other
for round in 1 2; do
	atcq report --format json -o $TMPDIR/r.json -- sh -c "
		atsdev $other $dev never >/dev/null; sleep 0.5
		cat $sysdev/$dev/iommu_state/blocked >$TMPDIR/blocked
		cat $sysdev/$dev/arm-smmu-v3/ats >$TMPDIR/ats
		atsdev $other $dev >$TMPDIR/before; sleep 0.3; atsdev $other $dev >$TMPDIR/after
		cat $sysdev/$other/iommu_state/blocked $sysdev/$other/arm-smmu-v3/ats >$TMPDIR/other
		echo 1 >$sysdev/$dev/reset; sleep 0.3" || fail "atcq report"
	is "round $round: state" "$(cat $TMPDIR/blocked)" broken
	is "round $round: ATS" "$(cat $TMPDIR/ats)" broken
	is "round $round: ATC_INVs after the block" "$(cat $TMPDIR/after)" "$(cat $TMPDIR/before)"
	is "round $round: the other device" "$(cat $TMPDIR/other | tr '\n' ' ')" "no on "
	for kv in '"incidents":1' '"recovered":1' '"cmdq_errors":1' '"atc_timeouts":1' '"injected":0' '"resets_ok":1' '"incomplete":false' '"events_lost":0'; do
		grep -q "$kv" $TMPDIR/r.json || fail "round $round: no $kv in $(cat $TMPDIR/r.json)"
	done
	is "round $round: state after the FLR" "$(state $dev)" no
	is "round $round: ATS after the FLR" "$(ats $dev)" on
	is "round $round: timeouts at the device" "$(counter $dev timeouts)" $round
	before=$(counter $dev received); sleep 0.3
	[ "$(counter $dev received)" -gt "$before" ] || fail "no ATC_INVs after the FLR"
done
is "timeouts of the other device" "$(counter $other timeouts)" 0
