# SPDX-License-Identifier: GPL-2.0-only
# vm: --kernel patched
# proves: a driver that asks for a reset when it is told gets one, and resumes; a device that breaks again at once gets no second one
. tests/lab/guest/lib.sh
sh tests/lab/guest/bind-driver.sh $dev || fail "the driver is not bound"
wait_for "ATC_INVs" '[ "$(counter '$dev' received)" -gt 10 ]'
atcq report --format json -o $TMPDIR/r.json -- sh -c "atsdev $other $dev never >/dev/null; sleep 1" || fail "report"
grep -q '"recovered":1' $TMPDIR/r.json || fail "not recovered: $(cat $TMPDIR/r.json)"
for what in "error detected, state 2" "was reset" "resumes"; do
	dmesg | grep -q "ats-driver $dev: $what" || fail "the driver never said '$what'"
done
is "state" "$(state $dev) $(ats $dev)" "no on"
before=$(counter $dev received); sleep 0.3
[ "$(counter $dev received)" -gt "$before" ] || fail "no ATC_INVs after the reset"

atsdev $other $dev never >/dev/null
wait_for "the fence" '[ "$(state '$dev')" = broken ]'
sleep 0.5
is "state" "$(state $dev)" broken
dmesg | grep -q "$dev: .*broken again soon after a reset" || fail "not said why there is no second reset"
is "resets by error recovery" "$(dmesg | grep -c "ats-driver $dev: was reset")" 1
# Of the second failure, only that it is permanent; and no reset was prepared in either
said() { dmesg | sed -nE "s/.*ats-driver $dev: (error detected.*|was reset|resumes|prepares.*|reset done)$/\1/p" | paste -sd,; }
is "what the driver saw" "$(said)" "error detected, state 2,was reset,resumes,error detected, state 3"
reset $dev || fail "a reset by sysfs: $(cat /tmp/reset.err)"
is "state" "$(state $dev) $(ats $dev)" "no on"
is "what the driver saw" "$(said)" "error detected, state 2,was reset,resumes,error detected, state 3,prepares for a reset,reset done"
