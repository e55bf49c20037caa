# SPDX-License-Identifier: GPL-2.0-only
# vm: --kernel patched
# proves: a GERROR handler that is late or sees nothing does not keep the issuer waiting; a full queue is waited for; a poll that gives up blocks
. tests/lab/guest/lib.sh
churn $dev
# The handler and the issuer on a CPU each: either may be the first to see an error
irq=$(sed -n 's/^ *\([0-9]*\):.*arm-smmu-v3-gerror.*/\1/p' /proc/interrupts)
echo 1 >/proc/irq/"$irq"/smp_affinity
taskset -p 2 $churns >/dev/null
incidents=0
once() { # WHAT: one incident, with one CMDQ error that the issuer found
	atcq trace --json --duration 3s >$TMPDIR/trace.json 2>/dev/null &
	trace=$!
	sleep 0.5
	atcq report --format json -o $TMPDIR/r.json -- sh -c "
		atsdev $other $dev never >/dev/null; sleep 0.7
		cat $sysdev/$dev/iommu_state/blocked >$TMPDIR/blocked
		echo 1 >$sysdev/$dev/reset; sleep 0.3" || fail "$1: report"
	wait $trace
	is "$1: state" "$(cat $TMPDIR/blocked)" broken
	for kv in '"incidents":1' '"recovered":1' '"cmdq_errors":1' '"atc_timeouts":1'; do
		grep -q "$kv" $TMPDIR/r.json || fail "$1: no $kv in $(cat $TMPDIR/r.json)"
	done
	is "$1: after the reset" "$(state $dev) $(ats $dev)" "no on"
	is "$1: longest unmap ends at once" "$(grep -c '"phase":"detected"' $TMPDIR/trace.json)" 1
	incidents=$((incidents + 1))
}
arm gerror-lost --smmu 0 --max-devices 20 --ttl 100s
until ! kill -0 $injector 2>/dev/null; do
	[ $incidents -lt 8 ] || fail "the handler was never the first"
	once "handler that misses the error"
done
fired
arm gerror-late --smmu 0 --delay 400ms --max-devices 20 --ttl 100s
once "handler that runs late"
fired
arm queue-full --device $dev --times 50 --max-devices 20
sleep 0.3
fired
is "after a full queue" "$(state $dev) $(ats $dev)" "no on"
dmesg | grep -q "CMD_SYNC timeout" && fail "somebody waited for too long"

arm sync-timeout --device $dev --max-devices 20
fired
wait_for "the fence" '[ "$(state '$dev')" = broken ]'
dmesg | grep -q "CMD_SYNC timeout" || fail "the poll did not give up"
reset $dev || fail "reset: $(cat $TMPDIR/reset.err)"
is "after the reset" "$(state $dev) $(ats $dev)" "no on"
is "the other device" "$(state $other) $(ats $other)" "no on"
is "timeouts of the hardware" "$(counter $dev timeouts)" $incidents
