# SPDX-License-Identifier: GPL-2.0-only
# vm: --kernel patched
# proves: no wall clock, set at any time, makes the history delete anything or --since miss an incident; time that passes does delete
. tests/lab/guest/lib.sh
mkdir -p $TMPDIR/h
db=$TMPDIR/h/history.db prom=$TMPDIR/h/atcq.prom
rows() { atcq report --db $db --state recovered --format csv | sed -n '2,$p' | wc -l; }
metric() { grep -v '^#' $prom | grep -F "atcq_history_$1 " | sed 's/.* //'; }
incident() { fence $dev; reset $dev || fail "$(cat $TMPDIR/reset.err)"; }
set_clock() { date -s "$1" >/dev/null; }
churn $dev
set_clock "2026-11-29 06:00:00"
keep $db --textfile $prom --every 1s
incident
wait_for "the first incident" '[ "$(rows)" = 1 ]'
set_clock "2027-11-29 06:00:00"
# Retention looks once a second
sleep 3
is "incidents a year ahead" "$(rows)" 1
grep -q "was set ahead by 365.0 days" $TMPDIR/daemon.err || fail "$(cat $TMPDIR/daemon.err)"
set_clock "1970-01-02 00:00:00"
wait_for "the message about the step" 'grep -q "was set back by 2[0-9]*.[0-9] days" $TMPDIR/daemon.err'
incident
wait_for "the second incident" '[ "$(rows)" = 2 ]'
is "deletions by age" "$(metric 'deleted_total{reason="age"}')" 0
set_clock "2026-11-29 06:01:00"
# It began in 1970, as the clock was
wait_for "both, as the clock is right again" '[ "$(atcq report --db $db --since 1h --format csv | wc -l)" = 3 ]'
unkeep
# At the start
set_clock "2027-11-29 06:00:00"
keep $db --textfile $prom --every 1s
sleep 2
unkeep
is "incidents after a start a year ahead" "$(rows)" 2
is "what was said of deletions" "$(grep -c deleted $TMPDIR/daemon.err)" 0
# Time that passes, in whatever year
set_clock "1970-01-02 00:00:00"
keep $db --retain-age 10s --textfile $prom --every 1s
wait_for "their end" '[ "$(rows)" = 0 ]'
wait_for "the count of deletions" '[ "$(metric "deleted_total{reason=\"age\"}")" = 2 ]'
unkeep
