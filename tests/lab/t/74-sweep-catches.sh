# SPDX-License-Identifier: GPL-2.0-only
# vm: --kernel patched --allow-splat
# proves: a sweep catches what breaks: an invariant, a kernel that complains, a workload without an excuse, devices that do not come back
. tests/lab/guest/lib.sh
work() { cat >/tmp/work.sh; }
echo flr >$sysdev/$dev/reset_method	# else the next method mends it
sweep() { # STATUS PATTERN OPTION...: of the sweep, and of its output
	should=$1 pattern=$2
	shift 2
	atcq run --sweep --device $dev --max-devices 20 --force --stacks 1 "$@" -- sh /tmp/work.sh >/tmp/out 2>/tmp/err
	code=$?
	[ $code -eq "$should" ] || fail "status $code instead of $should: $(cat /tmp/out /tmp/err)"
	grep -q -- "$pattern" /tmp/out /tmp/err || fail "no '$pattern' in: $(cat /tmp/out /tmp/err)"
}
# A kernel that lifts the block when a reset fails: it is forged, as this one does not
work <<EOF
echo 1 >$sysdev/$dev/reset && exit 0
forge-event core_unblocked 0 0x200 2
EOF
sweep 1 "^# reset-lifts: $dev: was unblocked after a reset that failed" --fault reset-fail
repeat=$(sed -n 's/^# repeat: //p' /tmp/out | head -n 1)
sh -c "$repeat" >/tmp/again 2>&1
is "status of '$repeat'" $? 1
grep -q "^# reset-lifts" /tmp/again || fail "not repeated by '$repeat': $(cat /tmp/again)"

work <<EOF
echo 1 >$sysdev/$dev/reset && exit 0
echo 'WARNING: forged by a test' >/dev/kmsg
EOF
sweep 1 "# the kernel complains: WARNING: forged by a test" --fault reset-prepare-fail

# What a workload does with a fault that takes nothing away from it
second() { # COMMAND: instead of what it does the first time
	rm -f /tmp/second
	work <<EOF
echo 1 >$sysdev/$dev/reset
[ -e /tmp/second ] || { touch /tmp/second; exit 0; }
$1
EOF
}
second "echo 'no patience'; exit 3"
sweep 1 "ended with status 3, though no device was taken away" --fault queue-full
grep -q "^# | no patience" /tmp/out || fail "the workload's words are missing: $(cat /tmp/out)"
second "sleep 100"
sweep 1 "did not end within --limit" --fault queue-full --limit 4s

# Somebody has the resets fail behind the sweep's back
second "setsid atcq inject reset-fail --device $dev --times 0 --ttl 30s --force >/dev/null 2>&1 &
until atcq inject --status | grep -q reset-fail; do sleep 0.1; done
sleep 0.3"
sweep 1 "cannot be reset" --fault queue-full
atcq inject --stop --all >/dev/null
reset $dev || fail "reset"
is "at the end" "$(state $dev) $(ats $dev)" "no on"
