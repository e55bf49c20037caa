# SPDX-License-Identifier: GPL-2.0-only
# vm: --kernel patched
# proves: a sweep that is killed leaves nothing armed and goes on where it was; a run is repeated by its id
. tests/lab/guest/lib.sh
# A reset alone reaches these; that it fails is the fault's doing
faults="--fault atc-timeout --fault reset-fail --fault reattach-fail"
cat >$TMPDIR/work.sh <<EOF
echo 1 >$sysdev/$dev/reset
echo >>$TMPDIR/runs
[ "\$(wc -l <$TMPDIR/runs)" -ne "\$(cat $TMPDIR/hang-at)" ] || sleep 100
EOF
# hang_at N: the workload will not end the Nth time from now
hang_at() { : >$TMPDIR/runs; echo "$1" >$TMPDIR/hang-at; }
hang_at 4
# shellcheck disable=SC2086
sweep() { atcq run --sweep --device $dev $faults --max-devices 20 --force "$@" -- sh $TMPDIR/work.sh; }
planned() { sed -n 's/^1\.\.//p' "$1"; }
file=$TMPDIR/state/sweep.jsonl
mkdir $TMPDIR/state
# shellcheck disable=SC2086
atcq run --sweep --device $dev $faults --max-devices 20 --force \
	--resume $TMPDIR/state -- sh $TMPDIR/work.sh >$TMPDIR/first 2>&1 &
pid=$!
until [ "$(wc -l <$TMPDIR/runs)" -eq 4 ]; do sleep 0.1; done
kill -KILL $pid
wait $pid
atcq inject --status | grep -q "Nothing is armed" || fail "something is armed"
is "results of three runs, one of them without a fault" "$(grep -c '"type":"result"' $file)" 2
is "runs that were begun" "$(grep -c '"type":"begin"' $file)" 3
# As if the kill had hit the last line
printf '{"type":"result","id":"atc-ti' >>$file
sweep --resume $TMPDIR/state >$TMPDIR/second 2>&1
code=$?
[ $code -eq 0 ] || fail "status $code: $(cat $TMPDIR/second)"
is "results from before" "$(grep -c '(before)' $TMPDIR/second)" 2
is "all results" "$(grep -c '"type":"result"' $file)" $(($(planned $TMPDIR/second) - 1))
is "results that are there twice" "$(grep '"type":"result"' $file | sed 's/.*"id":"\([^"]*\)".*/\1/' | sort | uniq -d)" ""

atcq run --sweep --device $dev --force --max-devices 20 --resume $TMPDIR/state -- true >$TMPDIR/out 2>&1
is "status with another sweep's file" $? 2
grep -q "belongs to another sweep" $TMPDIR/out || fail "another sweep: $(cat $TMPDIR/out)"

id=$(sed -n 's/^ok [0-9]* \(reset-fail:[^ ]*\).*/\1/p' $TMPDIR/second | head -n 1)
sweep --only "$id" >$TMPDIR/out 2>&1 || fail "--only $id: $(cat $TMPDIR/out)"
is "runs of --only" "$(grep '^ok' $TMPDIR/out | cut -d' ' -f3 | tr '\n' ' ')" "no-fault $id "

# Ctrl-C: a summary, and what is still to do is not taken for done
hang_at 3
# shellcheck disable=SC2086
atcq run --sweep --device $dev $faults --max-devices 20 --force -- sh $TMPDIR/work.sh >$TMPDIR/out 2>&1 &
pid=$!
until [ "$(wc -l <$TMPDIR/runs)" -eq 3 ]; do sleep 0.1; done
kill -INT $pid
wait $pid
is "status when interrupted" $? 5
grep -q "^# 2 ok.*not complete" $TMPDIR/out || fail "interrupted: $(cat $TMPDIR/out)"
atcq inject --status | grep -q "Nothing is armed" || fail "something is armed"
