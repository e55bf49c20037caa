# SPDX-License-Identifier: GPL-2.0-only
# vm: --kernel patched
# proves: SIGKILL and a full disk leave a recording that can be read, and a COMMAND goes on
. tests/lab/guest/lib.sh
churn $dev $other
atcq record -o /tmp/killed.atcq 2>/dev/null &
pid=$!
wait_for "the recording" '[ -s /tmp/killed.atcq ]'
atsdev $other $dev never >/dev/null
sleep 0.3
echo 1 >$sysdev/$dev/reset
sleep 1.6
kill -9 $pid
wait $pid
atcq report -i /tmp/killed.atcq --format json >/tmp/r.json 2>/tmp/err || fail "report -i: $(cat /tmp/err)"
grep -q "cut: it has no end marker" /tmp/err || fail "it is not said that it is cut: $(cat /tmp/err)"
for kv in '"incidents":1' '"recovered":1' '"incomplete":false' '"events_lost":0'; do
	grep -q "$kv" /tmp/r.json || fail "no $kv in $(cat /tmp/r.json)"
done

mkdir /tmp/small && mount -t tmpfs -o size=40k small /tmp/small || fail "tmpfs"
start=$(cut -d. -f1 /proc/uptime)
atcq record -o /tmp/small/r.atcq --every-sync -- sh -c "
	dd if=/dev/zero of=/tmp/small/ballast bs=1k count=24 2>/dev/null; sleep 1.5
	dd if=/dev/zero of=/tmp/small/more bs=1k count=16 2>/dev/null; sleep 4; echo done >/tmp/done" 2>/tmp/err
is "exit status of a recording on a full disk" $? 3
grep -q "No space left on device: the recording ends here" /tmp/err || fail "$(cat /tmp/err)"
is "the command" "$(cat /tmp/done)" "done"
[ $(($(cut -d. -f1 /proc/uptime) - start)) -ge 5 ] || fail "the command did not get its time"
atcq report -i /tmp/small/r.atcq --format json >/tmp/full.json 2>/tmp/err || fail "report -i: $(cat /tmp/err)"
grep -q "ends early\|no end marker" /tmp/err || fail "it is not said that it ends early: $(cat /tmp/err)"
[ "$(value /tmp/full.json events)" -gt 0 ] || fail "no events: $(cat /tmp/full.json)"
umount /tmp/small
