# SPDX-License-Identifier: GPL-2.0-only
# vm: --kernel patched --testdevs 17 --smp 4 --qemu-arg -global --qemu-arg arm-smmuv3.atc-timeout=900000
# proves: when all 16 devices of a domain stop answering, each after 0.9 s, an unmap takes a few seconds and not one time-out for each device; those not asked in time are reported as blocked unproven
. tests/lab/guest/lib.sh
out=$(mktemp -d)
other=0000:12:00.0	# not in the domain
set --
for d in "$sysdev"/*; do
	[ "$(cat "$d/device")" = 0x00f7 ] && [ "${d##*/}" != $other ] && set -- "$@" "${d##*/}"
done
is "devices" $# 16
devices=$*
set --
for d in $devices; do set -- "$@" --device "$d"; done
echo 1 >/sys/kernel/tracing/events/arm_smmu_v3/arm_smmu_ats_blocked/enable
taskset 8 vfio-churn "$@" --count 0 --interval-us 20000 >"$out/churn.json" &
churn=$!
wait_for "ATC_INVs" '[ "$(counter '$dev' received)" -gt 10 ]'
for d in $devices; do atsdev $other "$d" never >/dev/null; done
for d in $devices; do wait_for "the fence of $d" '[ "$(state '"$d"')" = broken ]'; done
kill $churn; wait $churn
# The list's own poll, asking for another, and the one that was asked last
max=$(value "$out/churn.json" max_ns)
[ "$max" -lt 4000000000 ] || fail "an unmap took $max ns, with interrupts off"
is "devices blocked" "$(grep -c 'arm_smmu_ats_blocked: .*proven=' /sys/kernel/tracing/trace)" 16
proven=$(grep -c 'arm_smmu_ats_blocked: .*proven=1' /sys/kernel/tracing/trace)
[ "$proven" -ge 1 ] && [ "$proven" -le 3 ] || fail "$proven devices were asked in two time-outs"
dmesg | grep -q "ATC_INV timeout, ATS is off (blocked unproven)" || fail "the log does not say that devices were blocked unproven"
dmesg | grep -q "rcu.*stall" && fail "an RCU stall"
true
