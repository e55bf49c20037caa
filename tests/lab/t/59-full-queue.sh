# SPDX-License-Identifier: GPL-2.0-only
# vm: --kernel patched --testdevs 4 --qemu-arg -global --qemu-arg arm-smmuv3.cmdqs=7
# proves: when lists of 70 commands want into a queue of 128 that an error has stopped, those who wait deal with the error too, the right device is blamed, and nobody waits out a second
. tests/lab/guest/lib.sh
other=0000:05:00.0
iommufd-churn --device 0000:02:00.0 --device 0000:03:00.0 --device 0000:04:00.0 \
	--pasids 70 --interval-us 5000 >$TMPDIR/churn.json &
pid=$!
wait_for "ATC_INVs" '[ "$(counter 0000:04:00.0 received)" -gt 500 ] || ! kill -0 $pid'
events=/sys/kernel/tracing/events/arm_smmu_v3
echo 1 >$events/arm_smmu_cmdq_error/enable
echo 1 >$events/arm_smmu_atc_timeout/enable
# Errors that were found by another thread than the one whose ATC_INV timed out: while
# 65 of its commands are in the queue, none of the others' lists fits
others() {
	awk '/arm_smmu_cmdq_error: .*source=1/ { finder[$6 $7] = $1 }
		/arm_smmu_atc_timeout: .*sid=0x200/ && finder[$6 $7] { n += finder[$6 $7] != $1; delete finder[$6 $7] }
		END { print n + 0 }' /sys/kernel/tracing/trace
}
# The interrupt's handler is faster than anybody, so it shall see nothing
arm gerror-lost --smmu 0 --max-devices 20 --times 0 --ttl 60s
round=0
while [ "$(others)" -lt 3 ]; do
	round=$((round + 1))
	[ $round -le 20 ] || fail "the others did nothing: $(cat /sys/kernel/tracing/trace)"
	fence $dev
	reset $dev || fail "reset in round $round: $(cat $TMPDIR/reset.err)"
	for d in 02 03 04 05; do
		is "state of $d in round $round" "$(state 0000:$d:00.0) $(ats 0000:$d:00.0)" "no on"
	done
done
kill $injector; wait $injector
kill $pid; wait $pid
for d in 03 04; do is "timeouts of $d" "$(counter 0000:$d:00.0 timeouts)" 0; done
dmesg | grep -q "CMDQ timeout\|CMD_SYNC timeout" && fail "somebody waited out a second"
echo "$round rounds, $(others) errors found by others, $(cat $TMPDIR/churn.json)"
