# SPDX-License-Identifier: GPL-2.0-only
# vm: --kernel patched
# proves: vfio-pci hears of its fenced device by error recovery, and its user's own reset brings it back
. tests/lab/guest/lib.sh
vfio-churn --device $dev --count 0 --interval-us 5000 --report --reset >$TMPDIR/churn.out 2>&1 &
pid=$!
wait_for "ATC_INVs" '[ "$(counter '$dev' received)" -gt 10 ]'
atsdev $other $dev never >/dev/null
wait $pid || fail "$(cat $TMPDIR/churn.out)"
grep -q "reported $dev" $TMPDIR/churn.out || fail "not reported: $(cat $TMPDIR/churn.out)"
is "timeouts" "$(counter $dev timeouts)" 1
is "state" "$(state $dev)" no
