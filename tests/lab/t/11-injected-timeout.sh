# SPDX-License-Identifier: GPL-2.0-only
# vm: --kernel patched
# proves: an injected timeout goes the same way, marked as injected, and the hardware saw none
# as-scenarios: injected-timeout
. tests/lab/guest/lib.sh
churn $dev $other
for round in 1 2; do
	atcq report --format json -o $TMPDIR/r.json -- sh -c "
		atcq inject atc-timeout --device $dev --force || exit 1
		sleep 0.3
		cat $sysdev/$dev/iommu_state/blocked >$TMPDIR/blocked
		cat $sysdev/$other/iommu_state/blocked >$TMPDIR/other
		atcq reset $dev --force" || fail "inject or reset"
	is "round $round: state" "$(cat $TMPDIR/blocked)" broken
	is "round $round: the other device" "$(cat $TMPDIR/other)" no
	for kv in '"incidents":1' '"recovered":1' '"injected":1' '"cmdq_errors":1' '"resets_ok":1' '"incomplete":false'; do
		grep -q "$kv" $TMPDIR/r.json || fail "round $round: no $kv in $(cat $TMPDIR/r.json)"
	done
	is "round $round: state after the reset" "$(state $dev)" no
done
is "timeouts that the hardware saw" "$(counter $dev timeouts)" 0
