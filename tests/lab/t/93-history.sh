# SPDX-License-Identifier: GPL-2.0-only
# vm: --kernel patched
# proves: the daemon keeps a modelled and an injected incident, the report has each by its id with its events, also meanwhile and read-only
. tests/lab/guest/lib.sh
mkdir -p /tmp/h
db=/tmp/h/history.db
churn $dev $other
keep $db
atcq daemon --db $db >/tmp/out 2>&1
is "exit status of a second daemon" $? 3
grep -q "another 'atcq daemon'" /tmp/out || fail "$(cat /tmp/out)"
fence $dev
# Still open: it is there already, and a reader does not disturb the writer
wait_for "the open incident" 'atcq report --db $db --format json >/tmp/r.json; grep -q "\"open\":true" /tmp/r.json'
grep -q '"state":"fenced"' /tmp/r.json || fail "$(cat /tmp/r.json)"
reset $dev || fail "$(cat /tmp/reset.err)"
wait_for "the first incident" 'atcq report --db $db --format csv | grep -q recovered,0,0,0,0'
arm atc-timeout --device $other; fired
wait_for "the fence of $other" '[ "$(state $other)" = broken ]'
reset $other || fail "$(cat /tmp/reset.err)"
wait_for "the second incident" 'atcq report --db $db --format csv | grep -q recovered,0,1,0,0'
unkeep
# In a folder that cannot be written
mount -t tmpfs tmpfs /mnt 2>/dev/null || { mkdir -p /mnt; mount -t tmpfs tmpfs /mnt; }
cp $db /mnt/history.db && mount -o remount,ro /mnt && db=/mnt/history.db
for d in $dev $other; do
	id=$(atcq report --db $db --device $d --format csv | sed -n '2s/,.*//p')
	atcq report --db $db --incident "$id" --format json >/tmp/r.json || fail "no report of $id"
	for kv in '"recovered":1' '"incidents":1' "\"incident\":\"$id\"" "\"device\":\"$d\"" '"incomplete":false' \
		'"event":"atc_timeout"' '"event":"ats_blocked"' '"event":"reset_done"' '"event":"device_unblocked"' '"slice_left_out":0'; do
		grep -q -- "$kv" /tmp/r.json || fail "no $kv in $(cat /tmp/r.json)"
	done
	atcq report --db $db --incident "$id" | grep -q ' device_blocked .*code 3' || fail "no event in the text"
done
grep -q '"event":"fault_fired"' /tmp/r.json || fail "the fault is not in the slice: $(cat /tmp/r.json)"
atcq report --db $db --incident "${id}0" >/tmp/out 2>&1
is "exit status for an unknown incident" $? 5
atcq report --db $db --since 1h --format json | grep -q '"incidents":2,"injected":1' || fail "--since 1h"
atcq daemon --db $db >/tmp/out 2>&1
is "exit status of a daemon on a read-only file system" $? 3
grep -q "Read-only file system" /tmp/out || fail "$(cat /tmp/out)"
