# SPDX-License-Identifier: GPL-2.0-only
# vm: --kernel patched
# proves: the daemon keeps a modelled and an injected incident, the report has each by its id with its events, also meanwhile and read-only
. tests/lab/guest/lib.sh
mkdir -p $TMPDIR/h
db=$TMPDIR/h/history.db
churn $dev $other
keep $db
atcq daemon --db $db >$TMPDIR/out 2>&1
is "exit status of a second daemon" $? 3
grep -q "another 'atcq daemon'" $TMPDIR/out || fail "$(cat $TMPDIR/out)"
fence $dev
# Still open: it is there already, and a reader does not disturb the writer
wait_for "the open incident" 'atcq report --db $db --format json >$TMPDIR/r.json; grep -q "\"open\":true" $TMPDIR/r.json'
grep -q '"state":"fenced"' $TMPDIR/r.json || fail "$(cat $TMPDIR/r.json)"
reset $dev || fail "$(cat $TMPDIR/reset.err)"
wait_for "the first incident" 'atcq report --db $db --format csv | grep -q recovered,0,0,0,0'
arm atc-timeout --device $other; fired
wait_for "the fence of $other" '[ "$(state $other)" = broken ]'
reset $other || fail "$(cat $TMPDIR/reset.err)"
wait_for "the second incident" 'atcq report --db $db --format csv | grep -q recovered,0,1,0,0'
unkeep
# In a folder that cannot be written
mkdir $TMPDIR/ro && mount -t tmpfs tmpfs $TMPDIR/ro || fail "tmpfs"
cp $db $TMPDIR/ro/history.db && mount -o remount,ro $TMPDIR/ro && db=$TMPDIR/ro/history.db
for d in $dev $other; do
	id=$(atcq report --db $db --device $d --format csv | sed -n '2s/,.*//p')
	atcq report --db $db --incident "$id" --format json >$TMPDIR/r.json || fail "no report of $id"
	for kv in '"recovered":1' '"incidents":1' "\"incident\":\"$id\"" "\"device\":\"$d\"" '"incomplete":false' \
		'"event":"atc_timeout"' '"event":"ats_blocked"' '"event":"reset_done"' '"event":"device_unblocked"' '"slice_left_out":0'; do
		grep -q -- "$kv" $TMPDIR/r.json || fail "no $kv in $(cat $TMPDIR/r.json)"
	done
	atcq report --db $db --incident "$id" | grep -q ' device_blocked .*code 3' || fail "no event in the text"
done
grep -q '"event":"fault_fired"' $TMPDIR/r.json || fail "the fault is not in the slice: $(cat $TMPDIR/r.json)"
atcq report --db $db --incident "${id}0" >$TMPDIR/out 2>&1
is "exit status for an unknown incident" $? 5
atcq report --db $db --since 1h --format json | grep -q '"incidents":2,"injected":1' || fail "--since 1h"
atcq daemon --db $db >$TMPDIR/out 2>&1
is "exit status of a daemon on a read-only file system" $? 3
grep -q "Read-only file system" $TMPDIR/out || fail "$(cat $TMPDIR/out)"
