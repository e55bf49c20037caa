# SPDX-License-Identifier: GPL-2.0-only
# vm: --kernel patched --timeout 500
# proves: of 60 injectors (16 on the debug kernel; 200 with --append kills=100) killed at random instants, while they load and while they are armed, none leaves anything armed or half-armed
. tests/lab/guest/lib.sh
each=$(tr ' ' '\n' </proc/cmdline | sed -n 's/^kills=//p')
each=${each:-30}
! grep -q ' kasan_report$' /proc/kallsyms || each=8	# everything takes several times as long
churn $other
before=$(bpf-count)
now_us() { echo "$(cut -d' ' -f1 /proc/uptime | tr -d .)0000"; }
for _ in cold warm; do
	start=$(now_us)
	atcq inject retry-timeout --device $dev --ttl 1ms >/dev/null 2>&1
	span=$(($(now_us) - start))	# how long it takes to arm
done
[ $span -gt 20000 ] || span=20000
worker() { # DEVICE: how many of $each were armed when they were killed
	armed=0
	for _ in $(seq $each); do
		atcq inject atc-timeout retry-timeout --device "$1" --force --space 1000000 --ttl 60s >/dev/null 2>"$TMPDIR/err.$1" &
		pid=$!
		usleep $((($(od -An -tu2 -N2 /dev/urandom) * span) >> 15))
		kill -9 $pid
		wait $pid
		grep -q "Ctrl-C disarms" "$TMPDIR/err.$1" && armed=$((armed + 1))
	done
	echo $armed >"$TMPDIR/armed.$1"
}
# The shell tells of each on its standard error
worker $dev 2>$TMPDIR/killed &
first=$!
worker $other 2>$TMPDIR/killed
wait $first
armed=$(($(cat $TMPDIR/armed.$dev) + $(cat $TMPDIR/armed.$other)))
echo "$((2 * each)) kills within $((2 * span)) us, $armed of them when armed"
[ $((armed * 10)) -ge $each ] || fail "only $armed were armed when they were killed"
[ $((armed * 10)) -le $((19 * each)) ] || fail "$armed were armed, too few were killed while they loaded"
wait_for "the end of all BPF programs" '[ "$(bpf-count)" = '"$before"' ]'
is "what is armed" "$(atcq inject --status)" "Nothing is armed."
is "what is left over" "$(ls /run/atcq)" ""
# If one had left the switch held, this would fire
ff=/sys/kernel/debug/fail_function
echo arm_smmu_fault_atc_timeout >$ff/inject
printf 0xfffffffffffffffb >$ff/arm_smmu_fault_atc_timeout/retval
echo 0 >$ff/verbose; echo 100 >$ff/probability; echo -1 >$ff/times
received=$(counter $other received); sleep 0.5
[ "$(counter $other received)" -gt "$received" ] || fail "no ATC_INVs"
is "the device" "$(state $other) $(ats $other)" "no on"
exec 9</sys/kernel/debug/iommu_fault_points/enable
wait_for "the fault with the switch held: else this test proves nothing" '[ "$(state '$other')" = broken ]'
