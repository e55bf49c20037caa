# SPDX-License-Identifier: GPL-2.0-only
# vm: --kernel patched --testdevs 3
# proves: VFIO's hot reset and a reset of the subordinate bus lift a block as a function reset does
. tests/lab/guest/lib.sh
break_it() {
	atsdev $other $dev never >/dev/null
	wait_for "the fence" '[ "$(state '$dev')" = broken ]'
}
is_back() {
	wait_for "the end of the block after $1" '[ "$(state '$dev') $(ats '$dev')" = "no on" ]'
	is "the other device" "$(state $other) $(ats $other)" "no on"
}
vfio-churn --device $dev --count 0 --interval-us 5000 --report --hot-reset >$TMPDIR/churn.out 2>&1 &
pid=$!
wait_for "ATC_INVs" '[ "$(counter '$dev' received)" -gt 10 ]'
atsdev $other $dev never >/dev/null
wait $pid || fail "hot reset: $(cat $TMPDIR/churn.out)"
dmesg | grep -q "$dev: broken: DMA is blocked" || fail "never fenced"
is_back "the hot reset"

churn $dev
break_it
echo 1 >$sysdev/0000:00:10.1/reset_subordinate || fail "reset_subordinate"
is_back "the reset of the bus"
