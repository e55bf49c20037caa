# SPDX-License-Identifier: GPL-2.0-only
# vm: --kernel patched
# proves: a report on a recording says what the live report of the same time said: incident, counters, CMD_SYNCs
. tests/lab/guest/lib.sh
churn $dev $other
incident="sleep 0.4; atsdev $other $dev never >/dev/null; sleep 0.5; echo 1 >$sysdev/$dev/reset; sleep 0.4"
# Each of the two has programs of its own at the tracepoints, which take the time one after
# the other: what was counted is the same, the stamps are those of the same moments
atcq record -o $TMPDIR/r.atcq -- sh -c "atcq report --format json -o $TMPDIR/live.json -- sh -c '$incident'" 2>$TMPDIR/record.err ||
	fail "record: $(cat $TMPDIR/record.err)"
grep -q " 0 lost, " $TMPDIR/record.err || fail "no summary: $(cat $TMPDIR/record.err)"
atcq report -i $TMPDIR/r.atcq --format json >$TMPDIR/again.json 2>$TMPDIR/err || fail "report -i: $(cat $TMPDIR/err)"
is "complaints" "$(cat $TMPDIR/err)" ""
# What a CMD_SYNC usually takes, each program knows from the time that it has watched itself
part() { sed "s/.*\(\"$2\":{[^}]*}\).*/\1/; s/\(\"sync_delay_ns\":\)[1-9][0-9]*/\1N/" "$1"; }
incidents() { sed 's/.*"incidents":\[\(.*\)\].*/\1/' "$1"; }
shape() { incidents "$1" | sed 's/:[0-9]\{4,\}/:N/g; s/-[0-9a-f]*",/-N",/'; }
for key in totals cmdq_errors_per_incident; do
	is "$key" "$(part $TMPDIR/again.json $key)" "$(part $TMPDIR/live.json $key)"
done
is "incidents" "$(shape $TMPDIR/again.json)" "$(shape $TMPDIR/live.json)"
for key in kernel source boot_id events events_lost; do
	is "$key" "$(value $TMPDIR/again.json $key)" "$(value $TMPDIR/live.json $key)"
done
for key in issued raised detected blocked fenced reset_begin reset_end recovered; do
	t1=$(incidents $TMPDIR/live.json | sed "s/.*\"$key\":\([0-9]*\).*/\1/")
	t2=$(incidents $TMPDIR/again.json | sed "s/.*\"$key\":\([0-9]*\).*/\1/")
	d=$((t1 - t2))
	[ ${d#-} -lt 100000000 ] || fail "$key: $t1 live, $t2 recorded"
done
grep -q '"incidents":1,' $TMPDIR/again.json || fail "not one incident: $(cat $TMPDIR/again.json)"
is "the exit status of a command" "$(atcq record -f -o $TMPDIR/r2.atcq -- sh -c 'exit 7' 2>/dev/null; echo $?)" 7
atcq trace -i $TMPDIR/r.atcq 2>/dev/null | grep -q "$dev.*closed *recovered" || fail "trace -i"
atcq trace -i - <$TMPDIR/r.atcq 2>/dev/null | grep -q "$dev.*closed *recovered" || fail "trace -i -"
atcq record -o $TMPDIR/r.atcq -d 100ms 2>$TMPDIR/err && fail "a recording was overwritten"
grep -q "exists: --force" $TMPDIR/err || fail "$(cat $TMPDIR/err)"
# Every CMD_SYNC, on request only
atcq record -f -o $TMPDIR/r2.atcq --every-sync -d 2s 2>$TMPDIR/err || fail "every-sync: $(cat $TMPDIR/err)"
atcq report -i $TMPDIR/r2.atcq --format json >$TMPDIR/r2.json || fail "report on every-sync"
events=$(value $TMPDIR/r2.json events)
syncs=$(sed 's/.*"cmd_syncs":\[{[^]]*"count":\([0-9]*\).*/\1/' $TMPDIR/r2.json)
[ "$events" -gt 30 ] || fail "only $events events with --every-sync"
[ $((syncs - events)) -lt 20 ] && [ $((events - syncs)) -lt 20 ] || fail "$events events of $syncs CMD_SYNCs"
