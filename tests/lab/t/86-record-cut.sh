# SPDX-License-Identifier: GPL-2.0-only
# vm: --kernel patched
# proves: SIGKILL and a full disk leave a recording that can be read, and a COMMAND goes on
. tests/lab/guest/lib.sh
churn $dev $other
atcq record -o $TMPDIR/killed.atcq 2>/dev/null &
pid=$!
wait_for "the recording" '[ -s $TMPDIR/killed.atcq ]'
atsdev $other $dev never >/dev/null
sleep 0.3
echo 1 >$sysdev/$dev/reset
sleep 1.6
kill -9 $pid
wait $pid
atcq report -i $TMPDIR/killed.atcq --format json >$TMPDIR/r.json 2>$TMPDIR/err || fail "report -i: $(cat $TMPDIR/err)"
grep -q "cut: it has no end marker" $TMPDIR/err || fail "it is not said that it is cut: $(cat $TMPDIR/err)"
for kv in '"incidents":1' '"recovered":1' '"incomplete":false' '"events_lost":0'; do
	grep -q "$kv" $TMPDIR/r.json || fail "no $kv in $(cat $TMPDIR/r.json)"
done

mkdir $TMPDIR/small && mount -t tmpfs -o size=40k small $TMPDIR/small || fail "tmpfs"
start=$(cut -d. -f1 /proc/uptime)
atcq record -o $TMPDIR/small/r.atcq --every-sync -- sh -c "
	dd if=/dev/zero of=$TMPDIR/small/ballast bs=1k count=24 2>/dev/null; sleep 1.5
	dd if=/dev/zero of=$TMPDIR/small/more bs=1k count=16 2>/dev/null; sleep 4; echo done >$TMPDIR/done" 2>$TMPDIR/err
is "exit status of a recording on a full disk" $? 3
grep -q "No space left on device: the recording ends here" $TMPDIR/err || fail "$(cat $TMPDIR/err)"
is "the command" "$(cat $TMPDIR/done)" "done"
[ $(($(cut -d. -f1 /proc/uptime) - start)) -ge 5 ] || fail "the command did not get its time"
atcq report -i $TMPDIR/small/r.atcq --format json >$TMPDIR/full.json 2>$TMPDIR/err || fail "report -i: $(cat $TMPDIR/err)"
grep -q "ends early\|no end marker" $TMPDIR/err || fail "it is not said that it ends early: $(cat $TMPDIR/err)"
[ "$(value $TMPDIR/full.json events)" -gt 0 ] || fail "no events: $(cat $TMPDIR/full.json)"
umount $TMPDIR/small
