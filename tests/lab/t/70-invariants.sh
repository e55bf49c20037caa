# SPDX-License-Identifier: GPL-2.0-only
# vm: --kernel patched
# proves: report and trace judge the invariants: held by a quarantine that ends well, violated by one that nobody ends, and by whatever breaks them
. tests/lab/guest/lib.sh
verdict() { # FILE INVARIANT
	sed 's/.*"invariants":{"list":\[\(.*\)\],"violations".*/\1/; s/},{/\n/g' "$1" | sed -n "s/.*\"name\":\"$2\",\"verdict\":\"\([a-z ]*\)\".*/\1/p"
}
churn $dev
atcq report --check-invariants --format json -o $TMPDIR/r.json -- sh -c "
	atsdev $other $dev never >/dev/null; sleep 0.3
	echo 1 >$sysdev/$dev/reset; sleep 0.3" || fail "check: status $? for a good quarantine: $(cat $TMPDIR/r.json)"
for name in fenced-silent blocked-silent ats-off-first issuer-told reset-lifts innocent-spared recovered-heard incident-ends errors-bounded; do
	is "$name" "$(verdict $TMPDIR/r.json $name)" held
done

# A device that nobody resets, and that is named
atcq report --check-invariants >$TMPDIR/r.txt -- sh -c "atsdev $other $dev never >/dev/null; sleep 0.5"
is "status with an open incident" $? 1
grep -q "VIOLATED incident-ends: $dev: is still fenced" $TMPDIR/r.txt || fail "not named: $(cat $TMPDIR/r.txt)"
reset $dev || fail "reset"
atcq report --check-invariants --duration 300ms >/dev/null || fail "a quiet time is not held"

# What the kernel does not do is forged: those who watch see it
atcq trace >$TMPDIR/trace.txt 2>$TMPDIR/trace.err &
trace=$!
wait_for "the trace" 'grep -q Watching $TMPDIR/trace.err'
atcq report --check-invariants --format json -o $TMPDIR/r.json -- sh -c "
	sleep 0.3; forge-event core_blocked 0 0x200 3 0 && forge-event core_unblocked 0 0x200 3"
is "status after an unblock without a reset" $? 1
is "reset-lifts" "$(verdict $TMPDIR/r.json reset-lifts)" violated
is "fenced-silent" "$(verdict $TMPDIR/r.json fenced-silent)" held
kill -INT $trace
wait $trace
grep -q "VIOLATED reset-lifts: $dev: was unblocked without a reset" $TMPDIR/trace.txt || fail "trace says: $(cat $TMPDIR/trace.txt)"
