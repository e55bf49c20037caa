# SPDX-License-Identifier: GPL-2.0-only
# vm: --kernel patched
# not-on-debug: mainline's aer_inject takes a sleeping lock under a raw one, which lockdep reports
# proves: AER of a device, and what the slot above it says, appear in the device's incident, with their time, and in no other's
. tests/lab/guest/lib.sh
churn $dev $other
atcq report --format json -o $TMPDIR/r.json -- sh -c "
	atsdev $other $dev never >/dev/null; sleep 0.3"
grep -q '"neighbours":\[\]' $TMPDIR/r.json || fail "neighbours of nobody: $(cat $TMPDIR/r.json)"
reset $dev || fail "reset"

atsdev $other $dev never >/dev/null
wait_for "the fence" '[ "$(state '$dev')" = broken ]'
atcq trace --json >$TMPDIR/trace.json 2>$TMPDIR/trace.err &
trace=$!
atcq report --format json -o $TMPDIR/r.json -- sh -c '
	sleep 0.5
	printf "\002\0\0\0\0\0\0\0\100\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0" >/dev/aer_inject
	printf "\003\0\0\0\0\0\0\0\100\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0" >/dev/aer_inject
	sleep 0.5' || fail "report"
grep -q '"kind":"aer","device":"'$dev'","time_ns":[0-9]*,"code":64,"detail":"correctable","count":1' $TMPDIR/r.json || fail "no AER in $(cat $TMPDIR/r.json)"
! grep -q '"kind":"aer","device":"'$other'"' $TMPDIR/r.json || fail "the other device's AER: $(cat $TMPDIR/r.json)"
atcq report -- sh -c '
	printf "\002\0\0\0\0\0\0\0\100\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0" >/dev/aer_inject; sleep 0.5' >$TMPDIR/r.txt || fail "report"
grep -q "neighbour .* us  AER correctable, status 0x00000040" $TMPDIR/r.txt || fail "text: $(cat $TMPDIR/r.txt)"
kill $trace; wait $trace
grep -q '"type":"neighbour",.*"device":"'$dev'".*"kind":"aer"' $TMPDIR/trace.json || fail "trace: $(cat $TMPDIR/trace.json $TMPDIR/trace.err)"
