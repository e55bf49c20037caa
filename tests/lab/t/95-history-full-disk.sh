# SPDX-License-Identifier: GPL-2.0-only
# vm: --kernel patched
# proves: on a full disk incidents go to the reserve; without one they wait in memory, the daemon goes on, and nothing is lost once there is room
. tests/lab/guest/lib.sh
mkdir -p /run/small
mount -t tmpfs -o size=6m tmpfs /run/small
db=/run/small/history.db
churn $dev
fill() { dd if=/dev/zero of=/run/small/filler bs=4k 2>/dev/null; is "free blocks" "$(df /run/small | awk 'NR == 2 {print $4}')" 0; }
incident() { fence $dev; reset $dev || fail "$(cat /tmp/reset.err)"; }
kept() { atcq report --db $db --state recovered --format csv 2>/dev/null | sed -n '2,$p' | wc -l; }
keep $db --reserve 1M
fill
incident
wait_for "an incident on a full disk" '[ "$(kept)" = 1 ]'
unkeep
grep -q "make room" /tmp/daemon.err && fail "with a reserve: $(cat /tmp/daemon.err)"
rm /run/small/*
keep $db --reserve 0
fill
incident
wait_for "the complaint" 'grep -q "full.*make room" /tmp/daemon.err'
kill -0 $daemon || fail "the daemon ended: $(cat /tmp/daemon.err)"
is "incidents kept on a full disk without a reserve" "$(kept)" 0
rm /run/small/filler
wait_for "room" 'grep -q "can be written again; nothing is lost" /tmp/daemon.err'
wait_for "the incident, now that there is room" '[ "$(kept)" = 1 ]'
unkeep
