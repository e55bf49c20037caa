# SPDX-License-Identifier: GPL-2.0-only
# vm: --kernel base
# proves: on a kernel that does not tell, invariants are not judged, and a sweep says what is missing
. tests/lab/guest/lib.sh
atcq report --check-invariants --duration 300ms >$TMPDIR/r.txt
is "status" $? 5
grep -q "fenced-silent *not judged" $TMPDIR/r.txt || fail "report: $(cat $TMPDIR/r.txt)"
atcq report --duration 300ms >/dev/null || fail "without the check it is no failure"
atcq run --sweep --device $dev --force --max-devices 20 -- true >$TMPDIR/out 2>&1
is "status of the sweep" $? 3
grep -q "none of the fault points" $TMPDIR/out || fail "sweep: $(cat $TMPDIR/out)"
