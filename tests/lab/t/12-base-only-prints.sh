# SPDX-License-Identifier: GPL-2.0-only
# vm: --kernel base
# proves: an unpatched kernel prints an error for every invalidation, for ever, and atcq sees that
. tests/lab/guest/lib.sh
churn_on_base $dev
atcq report --format json -o $TMPDIR/r.json -- sh -c "atsdev $other $dev never >/dev/null; sleep 1" || fail "atcq report"
errors=$(value $TMPDIR/r.json cmdq_errors)
[ "$errors" -ge 5 ] || fail "only $errors CMDQ errors: $(cat $TMPDIR/r.json)"
grep -q '"incidents":1' $TMPDIR/r.json || fail "not one incident: $(cat $TMPDIR/r.json)"
grep -q '"state":"timed-out"' $TMPDIR/r.json || fail "not timed-out: $(cat $TMPDIR/r.json)"
[ "$(counter $dev timeouts)" -ge "$errors" ] || fail "fewer timeouts than errors"
