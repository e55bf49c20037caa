# SPDX-License-Identifier: GPL-2.0-only
# vm: --kernel patched
# proves: a sweep that is killed leaves nothing armed and goes on where it was; a run is repeated by its id
. tests/lab/guest/lib.sh
# A reset alone reaches these; that it fails is the fault's doing
faults="--fault atc-timeout --fault reset-fail --fault reattach-fail"
cat >/tmp/work.sh <<EOF
echo 1 >$sysdev/$dev/reset
echo >>/tmp/runs
[ "\$(wc -l </tmp/runs)" -ne "\$(cat /tmp/hang-at)" ] || sleep 100
EOF
# hang_at N: the workload will not end the Nth time from now
hang_at() { : >/tmp/runs; echo "$1" >/tmp/hang-at; }
hang_at 4
# shellcheck disable=SC2086
sweep() { atcq run --sweep --device $dev $faults --max-devices 20 --force "$@" -- sh /tmp/work.sh; }
planned() { sed -n 's/^1\.\.//p' "$1"; }
file=/tmp/state/sweep.jsonl
mkdir /tmp/state
# shellcheck disable=SC2086
atcq run --sweep --device $dev $faults --max-devices 20 --force \
	--resume /tmp/state -- sh /tmp/work.sh >/tmp/first 2>&1 &
pid=$!
until [ "$(wc -l </tmp/runs)" -eq 4 ]; do sleep 0.1; done
kill -KILL $pid
wait $pid
atcq inject --status | grep -q "Nothing is armed" || fail "something is armed"
is "results of three runs, one of them without a fault" "$(grep -c '"type":"result"' $file)" 2
is "runs that were begun" "$(grep -c '"type":"begin"' $file)" 3
# As if the kill had hit the last line
printf '{"type":"result","id":"atc-ti' >>$file
sweep --resume /tmp/state >/tmp/second 2>&1
code=$?
[ $code -eq 0 ] || fail "status $code: $(cat /tmp/second)"
is "results from before" "$(grep -c '(before)' /tmp/second)" 2
is "all results" "$(grep -c '"type":"result"' $file)" $(($(planned /tmp/second) - 1))
is "results that are there twice" "$(grep '"type":"result"' $file | sed 's/.*"id":"\([^"]*\)".*/\1/' | sort | uniq -d)" ""

atcq run --sweep --device $dev --force --max-devices 20 --resume /tmp/state -- true >/tmp/out 2>&1
is "status with another sweep's file" $? 2
grep -q "belongs to another sweep" /tmp/out || fail "another sweep: $(cat /tmp/out)"

id=$(sed -n 's/^ok [0-9]* \(reset-fail:[^ ]*\).*/\1/p' /tmp/second | head -n 1)
sweep --only "$id" >/tmp/out 2>&1 || fail "--only $id: $(cat /tmp/out)"
is "runs of --only" "$(grep '^ok' /tmp/out | cut -d' ' -f3 | tr '\n' ' ')" "no-fault $id "

# Ctrl-C: a summary, and what is still to do is not taken for done
hang_at 3
# shellcheck disable=SC2086
atcq run --sweep --device $dev $faults --max-devices 20 --force -- sh /tmp/work.sh >/tmp/out 2>&1 &
pid=$!
until [ "$(wc -l </tmp/runs)" -eq 3 ]; do sleep 0.1; done
kill -INT $pid
wait $pid
is "status when interrupted" $? 5
grep -q "^# 2 ok.*not complete" /tmp/out || fail "interrupted: $(cat /tmp/out)"
atcq inject --status | grep -q "Nothing is armed" || fail "something is armed"
