# SPDX-License-Identifier: GPL-2.0-only
# vm: --kernel patched
# proves: on a full disk incidents go to the reserve; without one they wait in memory, the daemon goes on, and nothing is lost once there is room
. tests/lab/guest/lib.sh
mkdir -p $TMPDIR/small
mount -t tmpfs -o size=6m tmpfs $TMPDIR/small
db=$TMPDIR/small/history.db
churn $dev
fill() { dd if=/dev/zero of=$TMPDIR/small/filler bs=4k 2>/dev/null; is "free blocks" "$(df $TMPDIR/small | awk 'NR == 2 {print $4}')" 0; }
incident() { fence $dev; reset $dev || fail "$(cat $TMPDIR/reset.err)"; }
kept() { atcq report --db $db --state recovered --format csv 2>/dev/null | sed -n '2,$p' | wc -l; }
keep $db --reserve 1M
fill
incident
wait_for "an incident on a full disk" '[ "$(kept)" = 1 ]'
unkeep
grep -q "make room" $TMPDIR/daemon.err && fail "with a reserve: $(cat $TMPDIR/daemon.err)"
rm $TMPDIR/small/*
keep $db --reserve 0
fill
incident
wait_for "the complaint" 'grep -q "full.*make room" $TMPDIR/daemon.err'
kill -0 $daemon || fail "the daemon ended: $(cat $TMPDIR/daemon.err)"
is "incidents kept on a full disk without a reserve" "$(kept)" 0
rm $TMPDIR/small/filler
wait_for "room" 'grep -q "can be written again; nothing is lost" $TMPDIR/daemon.err'
wait_for "the incident, now that there is room" '[ "$(kept)" = 1 ]'
unkeep
