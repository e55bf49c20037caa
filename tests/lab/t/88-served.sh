# SPDX-License-Identifier: GPL-2.0-only
# vm: --kernel patched
# proves: a user with CAP_BPF and CAP_PERFMON only serves an incident as it happens, keeps it, has given up both by then, and is told what lacks without them
. tests/lab/guest/lib.sh
. tests/lab/guest/served.sh
as_user 39 daemon --listen 0 -i /nonexistent 2>$TMPDIR/out
is "exit status without a recording" $? 2
as_user 39 daemon --listen 0 2>$TMPDIR/out
is "exit status with CAP_BPF alone" $? 3
grep -q "needs CAP_BPF and CAP_PERFMON" $TMPDIR/out || fail "$(cat $TMPDIR/out)"
serve --db $TMPDIR/h/history.db
churn $dev $other
page /metrics
metric "atcq_privileges_info{capabilities=\"none\",seccomp=\"$filter\"}" 1
metric 'atcq_source_info{source="tracepoints",.*' 1
metric "atcq_incidents_total{device=\"$dev\",injected=\"false\"}" 0
fence $dev
wait_for "the fence on the page" 'page / && grep -q "$dev <span class=\"bad\">fenced" $TMPDIR/page'
grep -q "1 of [0-9]* devices are blocked, 1 open incident" $TMPDIR/page || fail "$(grep h1 $TMPDIR/page)"
page /metrics
metric "atcq_incidents_total{device=\"$dev\",injected=\"false\"}" 1
metric "atcq_device_state{device=\"$dev\",state=\"fenced\"}" 1
reset $dev || fail "$(cat $TMPDIR/reset.err)"
wait_for "the recovery" 'page /metrics && grep -q "^atcq_incident_recovery_duration_seconds_count{.*injected=\"false\"} 1" $TMPDIR/page'
# What is armed is shown, and cannot be armed or ended from here
atcq inject atc-timeout --device $other --force --nth 600 --ttl 60s >/dev/null 2>&1 &
injector=$!
wait_for "the armed fault" 'page / && grep -q "Armed: <b>atc-timeout</b> on $other" $TMPDIR/page'
wait $injector
wait_for "the injected incident" 'page /metrics && grep -q "^atcq_incidents_total{device=\"$other\",injected=\"true\"} 1" $TMPDIR/page'
reset $other || fail "$(cat $TMPDIR/reset.err)"
given_up
unserve
atcq report --db $TMPDIR/h/history.db --format csv | grep -c ",recovered," | grep -qx 2 || fail "$(atcq report --db $TMPDIR/h/history.db)"
