# SPDX-License-Identifier: GPL-2.0-only
# vm: --kernel patched
# proves: SIGKILL of atcq inject leaves no fault armed, and neither does the time limit
. tests/lab/guest/lib.sh
churn $dev
atcq inject atc-timeout --device $other --ttl 60s >$TMPDIR/inject.out 2>&1 &
pid=$!
wait_for "the injector" '[ -e /run/atcq/'$pid'.json ]'
sleep 0.3
kill -9 $pid; wait $pid
sleep 0.2
vfio-churn --device $other --count 20 >/dev/null || fail "churn"
is "state of the device after SIGKILL" "$(state $other)" no
atcq inject atc-timeout --device $other --ttl 300ms >$TMPDIR/inject.out 2>&1
is "exit status of an injection that never fired" $? 5
grep -q "time is over" $TMPDIR/inject.out || fail "$(cat $TMPDIR/inject.out)"
vfio-churn --device $other --count 20 >/dev/null || fail "churn"
is "state of the device after the time limit" "$(state $other)" no
rm -f "/run/atcq/$pid.json"
is "what else is left over" "$(ls /run/atcq)" ""
