# SPDX-License-Identifier: GPL-2.0-only
# vm: --kernel patched
# proves: each fault point works without BPF, by the kernel's fail_function, and only while the switch is held
. tests/lab/guest/lib.sh
ff=/sys/kernel/debug/fail_function
points=/sys/kernel/debug/iommu_fault_points
fail_function() { # FUNCTION RETVAL
	echo "$1" >$ff/inject || fail "fail_function does not take $1"
	[ -z "$2" ] || echo "$2" >$ff/"$1"/retval || fail "$1 does not take $2"
	echo 100 >$ff/probability
	echo 0 >$ff/verbose
	echo 1 >$ff/times
}
for f in $(atcq inject --list --json | grep -o '"function":"[a-z_]*"' | cut -d'"' -f4); do
	fail_function "$f" ""
	echo >$ff/inject
done
churn $dev
fail_function arm_smmu_fault_atc_timeout 0xfffffffffffffffb
sleep 0.3
is "state with the switch off" "$(state $dev)" no
atcq report --format json -o $TMPDIR/r.json -- sh -c "
	exec 9<$points/enable; sleep 0.5
	cat $sysdev/$dev/iommu_state/blocked >$TMPDIR/blocked
	echo 1 >$sysdev/$dev/reset; sleep 0.3" || fail "report"
is "state" "$(cat $TMPDIR/blocked)" broken
for kv in '"incidents":1' '"injected":1' '"recovered":1'; do
	grep -q "$kv" $TMPDIR/r.json || fail "no $kv in $(cat $TMPDIR/r.json)"
done
echo >$ff/inject

# The kernel's own bound on a delay
fail_function pci_fault_reset_late 1
echo 100000 >$points/delay_ms
exec 9<$points/enable
start=$(cut -d. -f1 /proc/uptime)
reset $dev || fail "reset: $(cat $TMPDIR/reset.err)"
took=$(($(cut -d. -f1 /proc/uptime) - start))
exec 9<&-
[ $took -ge 4 ] && [ $took -le 7 ] || fail "a delay of 100 s took $took s, not 5"
is "at the end" "$(state $dev) $(ats $dev)" "no on"
