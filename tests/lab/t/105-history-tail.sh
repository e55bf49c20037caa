# SPDX-License-Identifier: GPL-2.0-only
# vm: --kernel patched
# proves: --retain-age counts from an incident's end, spares one whose last events are still to be written, and stops no other
. tests/lab/guest/lib.sh
mkdir -p $TMPDIR/h
db=$TMPDIR/h/history.db prom=$TMPDIR/h/atcq.prom
rows() { atcq report --db $db --state recovered --format csv | sed -n '2,$p'; }
# ended: when the one incident there recovered, in whole seconds of CLOCK_BOOTTIME
ended() {
	atcq report --db $db --format csv | awk -F, 'NR == 1 { while ($++i != "recovered_boottime_ns"); } NR == 2 { printf "%d", $i / 1e9 }'
}
metric() { grep -v '^#' $prom | grep -F "atcq_history_$1 " | sed 's/.* //'; }
# lives SECONDS: the one incident of the history is deleted that long after its end, not before
lives() {
	end=$(ended)
	[ -n "$end" ] || fail "it was gone as soon as it had ended: $(cat $TMPDIR/daemon.err)"
	wait_for "its deletion" '! rows | grep -q .'
	gone=$(sed 's/\..*//' /proc/uptime)
	[ "$gone" -ge $((end + $1)) ] || fail "it ended at $end s and was gone at $gone s: $(cat $TMPDIR/daemon.err)"
}
incident() { fence $dev; sleep "$1"; reset $dev || fail "$(cat $TMPDIR/reset.err)"; wait_for "the incident's end" 'rows | grep -q .'; }
churn $dev
# It begins long before it ends
keep $db --retain-age 7s --textfile $prom --every 1s
incident 8
lives 7
unkeep
# Its slice ends 5 s after it
keep $db --retain-age 1s --textfile $prom --every 1s
incident 2
lives 5
incident 0
wait_for "its deletion" '! rows | grep -q .'
wait_for "the count of deletions" '[ "$(metric "deleted_total{reason=\"age\"}")" = 2 ]'
is "deletions by size" "$(metric 'deleted_total{reason="size"}')" 0
is "incidents refused" "$(metric incidents_refused_total)" 0
is "failed writes" "$(metric write_errors_total)" 0
unkeep
grep -q "deleted 1 incident(s) that ended longer ago than --retain-age" $TMPDIR/daemon.err || fail "$(cat $TMPDIR/daemon.err)"
! grep -qE "in memory|constraint" $TMPDIR/daemon.err || fail "$(cat $TMPDIR/daemon.err)"
