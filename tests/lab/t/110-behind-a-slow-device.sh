# SPDX-License-Identifier: GPL-2.0-only
# vm: --kernel patched --testdevs 4 --smp 4 --qemu-arg -global --qemu-arg arm-smmuv3.atc-timeout=5000000
# proves: while the SMMU waits 5 s for one device, healthy devices in domains of their own give up polling and are not blocked; the log and a tracepoint say so
. tests/lab/guest/lib.sh
healthy="0000:04:00.0 0000:05:00.0"
out=$(mktemp -d)
for d in $dev $healthy; do
	vfio-churn --device $d --count 0 --interval-us 5000 >"$out/$d.json" &
done
for d in $dev $healthy; do wait_for "churn of $d" '[ "$(counter '$d' received)" -gt 20 ]'; done
tracing=/sys/kernel/tracing
echo 1 >$tracing/events/arm_smmu_v3/arm_smmu_atc_inv_unreached/enable
echo 1 >$tracing/events/arm_smmu_v3/arm_smmu_ats_blocked/enable
atsdev $other $dev never >/dev/null
wait_for "the fence" '[ "$(state $dev)" = broken ]'
# The SMMU is past its time-out, and everybody's commands are executed again
for d in $healthy; do
	before=$(counter $d received)
	wait_for "ATC_INVs of $d" '[ "$(counter '$d' received)" -gt '"$((before + 20))"' ]'
	is "$d, which is healthy," "$(state $d) $(ats $d) $(counter $d timeouts)" "no on 0"
done
is "the slow device" "$(state $dev) $(ats $dev)" "broken broken"
wait_for "the tracepoint" 'grep -q "arm_smmu_atc_inv_unreached: smmu=0 sid=0x[45]00 " $tracing/trace'
grep "arm_smmu_ats_blocked:" $tracing/trace | grep -qv "sid=0x200 " && fail "blocked: $(grep ats_blocked: $tracing/trace)"
dmesg | grep -q "ATC_INV not reached in time, the queue waits for another device; not blocked" || fail "the log does not say who was not blocked"
