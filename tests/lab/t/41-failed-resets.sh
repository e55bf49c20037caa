# SPDX-License-Identifier: GPL-2.0-only
# vm: --kernel patched
# proves: a reset that fails, or does not apply, or cannot begin or end, blocks the device or leaves it blocked; a good one lifts that
. tests/lab/guest/lib.sh
works() { is "$1" "$(state $dev) $(ats $dev)" "no on"; }
echo flr >$sysdev/$dev/reset_method
churn $dev

# A device that works
arm reset-fail --device $dev --errno EIO
reset $dev && fail "a reset that fails does not say so"
fired
grep -q "Input/output error" $TMPDIR/reset.err || fail "another error: $(cat $TMPDIR/reset.err)"
is "state after a failed reset" "$(state $dev)" reset-failed
arm reset-fail --device $dev --errno ENOTTY
reset $dev && fail "a reset that does not apply does not say so"
fired
is "state after -ENOTTY" "$(state $dev)" reset-failed
dmesg | grep -q "$dev: not reset, this method does not apply" || fail "no warning for -ENOTTY"
# VFIO resets the device when it lets it go; if that fails, with its slot, which cannot
# fail here: Linux does not wait for a device without power management then
arm reset-fail --device $dev --times 0 --ttl 60s
kill $churns; wait $churns
is "state after VFIO let it go" "$(state $dev)" no
reset $dev && fail "a reset that fails does not say so"
is "state after one more failed reset" "$(state $dev)" reset-failed
vfio-churn --device $dev >$TMPDIR/churn.out 2>&1 && fail "a domain was attached to a device whose reset failed"
kill $injector; fired
reset $dev || fail "a good reset: $(cat $TMPDIR/reset.err)"
works "after a good reset"
churns=""; churn $dev

# A broken one: three bad resets, then a good one
fence $dev
for error in EIO ENOTTY ETIMEDOUT; do
	arm reset-fail --device $dev --errno $error
	reset $dev && fail "$error is not said"
	fired
	is "state after $error" "$(state $dev)" broken
done
atcq report --format json -o $TMPDIR/r.json -- sh -c "echo 1 >$sysdev/$dev/reset; sleep 0.2" || fail "report"
works "after three bad resets and a good one"
grep -q '"recovered":1' $TMPDIR/r.json || fail "not recovered: $(cat $TMPDIR/r.json)"

# A reset that cannot begin is none
arm reset-prepare-fail --device $dev
reset $dev && fail "a reset that cannot begin does not say so"
fired
grep -q "Cannot allocate memory" $TMPDIR/reset.err || fail "another error: $(cat $TMPDIR/reset.err)"
works "after a reset that did not begin"

# One that is good, but the domain cannot be attached again
arm reattach-fail --device $dev
reset $dev || fail "the reset itself: $(cat $TMPDIR/reset.err)"
fired
is "state without a domain" "$(state $dev)" reset-failed
dmesg | grep -q "$dev: cannot re-attach after the reset (-12)" || fail "not said why"
arm reset-late --device $dev --delay 1500ms
start=$(cut -d. -f1 /proc/uptime)
reset $dev || fail "a good reset"
fired
[ $(($(cut -d. -f1 /proc/uptime) - start)) -ge 1 ] || fail "the reset was not late"
works "at the end"
