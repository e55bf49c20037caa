# SPDX-License-Identifier: GPL-2.0-only
# vm: --kernel base
# proves: where nothing blocks a device that timed out, the report says that it is exposed, and stale stamps are not made up
. tests/lab/guest/lib.sh
churn_on_base $dev
atcq report --format html -o $TMPDIR/r.html -- sh -c "atsdev $other $dev never >/dev/null; sleep 1" || fail "html"
for want in "1 device is exposed" "1 incident, timed-out and open" 'class="slice"' 'badge timed-out'; do
	grep -q "$want" $TMPDIR/r.html || fail "html: no $want"
done
grep -q "No CMD_SYNC in this time" $TMPDIR/r.html && fail "html: no CMD_SYNCs"
# issued, detected, blocked, ... are not to be had
atcq report --format csv -o $TMPDIR/r.csv -- sleep 0.5 || fail "csv"
grep -q ",timed-out,1,0,.*Z,,[0-9]*,,,,,,,,,,,,,[0-9]" $TMPDIR/r.csv || fail "csv: $(cat $TMPDIR/r.csv)"
