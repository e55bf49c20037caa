# SPDX-License-Identifier: GPL-2.0-only
# vm: --kernel patched
# proves: a device that is blocked from before the start to after the end is open in html, csv and perfetto, and no false alarm
. tests/lab/guest/lib.sh
churn $dev $other
fence $dev
atcq report --format csv -d 300ms >$TMPDIR/r.csv || fail "csv"
is "rows" "$(wc -l <$TMPDIR/r.csv)" 2
# ..., state, open, injected, incomplete, at_start, raised
grep -q ",fenced,1,0,1,1,," $TMPDIR/r.csv || fail "csv: $(cat $TMPDIR/r.csv)"
atcq report --format html -d 300ms >$TMPDIR/r.html || fail "html"
for want in 'badge is-open' 'badge is-incomplete' '1 incident, fenced and open' 'class="s4" x="0.0000%" width="100.0000%"'; do
	grep -q "$want" $TMPDIR/r.html || fail "html: no $want"
done
grep -q 'class="alert' $TMPDIR/r.html && fail "html: an alarm about a device that is fenced"
atcq report --format perfetto -d 300ms >$TMPDIR/r.json || fail "perfetto"
grep -q '"ph":"X".*"name":"fenced"' $TMPDIR/r.json || fail "perfetto: no slice"
grep -q '"name":"open incidents".*"value":1' $TMPDIR/r.json || fail "perfetto: no counter"
