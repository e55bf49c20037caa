#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# proves: power loss at any moment, also in the middle of a write, leaves every incident that was told in the history and every complete block of the recording
# The disk is a folder of this machine, behind the guest's page cache: what it has here is
# what was synced, or happened to be written back. To stop the machine and copy it is
# what a power loss at that moment leaves; at last there is a real one.
set -uo pipefail
top=$(cd "$(dirname "$0")/../../.." && pwd)
lab=$top/tests/lab
O=${O:-$top/build}
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
fail() { echo "FAIL: $*"; tail -n 5 "$dir/err"; exit 1; }
make -s -C "$top" O="$O" atcq >/dev/null
mkdir "$dir/disk" "$dir/ctl"
cat >"$dir/ctl/guest.sh" <<EOF
. tests/lab/guest/lib.sh
tag=\$(awk '\$2 == "$dir/disk" { print \$1 }' /proc/mounts)
umount $dir/disk
mount -t 9p -o trans=virtio,version=9p2000.L,msize=131072,cache=loose \$tag $dir/disk || fail "mount"
cd $dir/disk
journal-stub >$dir/ctl/journal &
churn \$dev
atcq record -o r.atcq 2>\$TMPDIR/record.err &
wait_for "the recording" '[ -s r.atcq ]'
keep history.db
touch $dir/ctl/ready
for i in 1 2 3 4 5 6; do
	fence \$dev
	reset \$dev || fail "reset"
	wait_for "incident \$i" '[ "\$(grep -c ^ATCQ_STATE=recovered $dir/ctl/journal)" -ge '\$i' ]'
done
sleep 3
# Open, as a file that is closed is written back
exec 9>unsynced
echo "never synced" >&9
touch $dir/ctl/done
sleep 60
EOF
"$lab/vm" --kernel "${LAB_KERNEL:-patched}" --timeout 110 --log "${LOG:-$dir/log}" --qmp "$dir/qmp" \
	--share "$dir/disk" --share "$dir/ctl" -- sh "$dir/ctl/guest.sh" >"$dir/out" 2>"$dir/err" &
vm=$!
qmp() { "$lab/qmp" "$dir/qmp" raw "{\"execute\":\"$1\"}" >/dev/null; }
until [ -e "$dir/ctl/ready" ]; do
	kill -0 $vm 2>/dev/null || fail "the guest ended: $(cat "$dir/out")"
	sleep 0.1
done
n=0
while [ ! -e "$dir/ctl/done" ]; do
	kill -0 $vm 2>/dev/null || fail "the guest ended: $(cat "$dir/out")"
	sleep "0.$((RANDOM % 5))"
	qmp stop || fail "stop"
	mkdir "$dir/loss$n"
	cp "$dir/ctl/journal" "$dir"/disk/* "$dir/loss$n/"
	qmp cont || fail "cont"
	n=$((n + 1))
done
"$lab/qmp" "$dir/qmp" raw '{"execute":"quit"}' >/dev/null 2>&1
wait $vm
mkdir "$dir/loss$n"
cp "$dir/ctl/journal" "$dir"/disk/* "$dir/loss$n/"
[ ! -s "$dir/disk/unsynced" ] || fail "what was never synced is there: this disk loses nothing"

# loss I: what is left of it, with the power gone
loss() {
	local is id
	cd "$dir/loss$1" || exit
	"$O/atcq" report --db history.db --format csv >all.csv 2>err || fail "loss $1: $(cat err)"
	! grep -q ',[a-z][a-z-]*,1,' all.csv || amid=$((amid + 1))
	for id in $(sed -n 's/^ATCQ_INCIDENT=//p' journal | sort -u); do
		grep -q "^$id," all.csv || fail "loss $1: $id was told, and is not in the history"
		"$O/atcq" report --db history.db --incident "$id" >/dev/null 2>err || fail "loss $1: $id: $(cat err)"
	done
	is=$(python3 -c 'import sqlite3; print(sqlite3.connect("history.db").execute("pragma integrity_check").fetchone()[0])' 2>&1)
	[ "$is" = ok ] || fail "loss $1: the database: $is"
	"$O/atcq" report -i r.atcq --format json >r.json 2>err || fail "loss $1: $(cat err)"
	grep -q "no end marker" err || fail "loss $1: it is not said that the recording is cut: $(cat err)"
	is=$(sed 's/.*"events":\([0-9]*\).*/\1/' r.json)
	[ "$is" -ge "$events" ] || fail "loss $1: $is events, $events were there before"
	events=$is
}
amid=0 events=0
for ((i = 0; i <= n; i++)); do loss $i; done
[ "$(grep -c ^ATCQ_STATE=recovered journal)" -eq 6 ] || fail "not all was told: $(cat journal)"
grep -q '"recovered":6,' r.json || fail "not all of the recording's incidents: $(cat r.json)"
echo "$((n + 1)) losses of power, $amid of them with an incident open in the history; 6 were told and are there"
[ "$amid" -ge 1 ] || fail "none in the middle of an incident"
