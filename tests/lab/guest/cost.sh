# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh disable=SC1091,SC2154,SC2086
# In the guest, with three test devices and three CPUs: what it costs one device's
# issuer, on a CPU of its own, that another device does not answer. Nothing at all
# while all answer; about the time-out for each error, if one does not.
. tests/lab/guest/lib.sh
third=0000:04:00.0
[ -e $sysdev/$dev/iommu_state ] || gerror_to 4
sum() { sed "s/.*\"totals\":{[^}]*\"$1\":\([0-9]*\).*/\1/" $TMPDIR/r.json; }

churn $dev
taskset -p 1 ${churns##* } >/dev/null
vfio-churn --device $third --count 0 --interval-us 1000 >$TMPDIR/third.json &
taskset -p 2 $! >/dev/null
wait_for "ATC_INVs of the third device" '[ "$(counter '$third' received)" -gt 20 ]'
taskset -p 4 $$ >/dev/null

atcq report --format json -o $TMPDIR/r.json -- sleep 0.3 || fail "report"
is "CMD_SYNCs delayed while nothing happens" "$(sum syncs_delayed)" 0
is "time lost while nothing happens" "$(sum sync_delay_ns)" 0
atcq report --format json -o $TMPDIR/r.json -- sh -c "
	atsdev $other $dev never >/dev/null; sleep 0.6; echo 1 >$sysdev/$dev/reset; sleep 0.1" || fail "report"
n=$(sum syncs_delayed) ns=$(sum sync_delay_ns) errors=$(sum cmdq_errors)
[ "$errors" -ge 1 ] || fail "no error: $(cat $TMPDIR/r.json)"
# The third device asks so often that it is in the queue when a time-out begins, or soon
# after; nobody can lose more for an error than the longest CMD_SYNC took
[ "$n" -ge 1 ] && [ "$n" -le $((errors * 2)) ] || fail "$n delayed by $errors errors: $(cat $TMPDIR/r.json)"
[ "$ns" -ge 1000000 ] || fail "only $ns ns lost: $(cat $TMPDIR/r.json)"
longest=$(sed 's/.*"cmd_syncs":\[[^]]*"max_ns":\([0-9]*\)}.*/\1/' $TMPDIR/r.json)
[ "$ns" -le $((longest * n)) ] || fail "$ns ns lost by $n, the longest took $longest"
grep -q "\"device\":\"$dev\".*\"syncs_delayed\":$n,\"sync_delay_ns\":$ns" $TMPDIR/r.json || fail "not the incident's: $(cat $TMPDIR/r.json)"
echo "$errors error(s): $n CMD_SYNC(s) waited, $ns ns together"
