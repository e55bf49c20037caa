# SPDX-License-Identifier: GPL-2.0-only
# vm: --kernel base --qemu-arg -device --qemu-arg pcie-root-port,id=rpx,chassis=97,slot=97,addr=18.0,hotplug=off --qemu-arg -device --qemu-arg ats-testdev,bus=rpx
# proves: link-disable makes a device time out on an unpatched kernel; the link is back after SIGKILL, Ctrl-C, the time limit and the watchdog's death
. tests/lab/guest/lib.sh
cut=0000:04:00.0 port=0000:00:18.0
byte() { od -An -tu1 -j"$2" -N1 $sysdev/"$1"/config | tr -d ' '; }
at=$(byte $port 52)
while [ "$(byte $port "$at")" != 16 ]; do at=$(byte $port $((at + 1))); done
is_down() { [ $(($(byte $port $((at + 16))) & 16)) -ne 0 ]; }
refused() { # TEXT OPTIONS...
	text=$1
	shift
	atcq inject link-disable "$@" >$TMPDIR/out 2>&1
	is "exit status of '$*'" $? 2
	grep -q -- "$text" $TMPDIR/out || fail "'$*' does not say '$text': $(cat $TMPDIR/out)"
	is_down && fail "the link is down after '$*'"
}
atcq doctor | grep -q "^ok *fault link-disable: for 1 of" || fail "doctor does not know the port"
irq=$(sed -n 's/^ *\([0-9]*\):.*arm-smmu-v3-gerror.*/\1/p' /proc/interrupts)
echo 2 >/proc/irq/"$irq"/smp_affinity
taskset 1 vfio-churn --device $cut --count 0 --interval-us 5000 >$TMPDIR/churn.json &
churn=$!
wait_for "ATC_INVs" '[ "$(counter '$cut' received)" -gt 10 ]'
refused "a hot-plug slot" --device $dev
refused "is in use: process" --device $cut
atcq inject link-disable --device $cut --dry-run >$TMPDIR/out || fail "dry run: $(cat $TMPDIR/out)"
grep -q "in use: process .* VFIO" $TMPDIR/out || fail "the dry run does not see who uses it: $(cat $TMPDIR/out)"
grep -q "1 device(s) affected; it would be refused" $TMPDIR/out || fail "the dry run: $(cat $TMPDIR/out)"
is "timeouts so far" "$(counter $cut timeouts)" 0

arm link-disable --device $cut --ttl 60s
is_down || fail "the link is not down"
wait_for "timeouts" '[ "$(counter '$cut' timeouts)" -ge 3 ]'
dmesg | grep -q "ATC invalidate timeout" || fail "the kernel did not see the timeouts"
atcq inject --status | grep -q "^$injector *link-disable .*$cut" || fail "status: $(atcq inject --status)"
atcq inject link-disable --device $cut --force >$TMPDIR/out 2>&1 && fail "a second injector: $(cat $TMPDIR/out)"
grep -q "is disabled already" $TMPDIR/out || fail "a second injector: $(cat $TMPDIR/out)"
kill -9 $injector
wait_for "the link after SIGKILL" '! is_down'
wait_for "the watchdog's word" 'dmesg | grep -q "atcq: injector is gone: link below port '$port' restored"'
after=$(counter $cut timeouts); received=$(counter $cut received); sleep 0.5
is "timeouts once the link is back" "$(counter $cut timeouts)" "$after"
[ "$(counter $cut received)" -gt "$received" ] || fail "no more ATC_INVs"

arm link-disable --device $cut --ttl 60s
kill -INT $injector
fired
grep -q "(interrupted); up again" $TMPDIR/inject.out || fail "Ctrl-C: $(cat $TMPDIR/inject.out)"
is_down && fail "the link is down after Ctrl-C"
arm link-disable --device $cut --ttl 500ms
fired
grep -q "(time is over); up again" $TMPDIR/inject.out || fail "time limit: $(cat $TMPDIR/inject.out)"
is_down && fail "the link is down after the time limit"
arm link-disable --device $cut --ttl 60s
watchdog=$(grep -l atcq-watchdog /proc/[0-9]*/comm | cut -d/ -f3)
kill -9 "$watchdog"
fired
grep -q "the watchdog died; the link is restored without it" $TMPDIR/inject.err || fail "$(cat $TMPDIR/inject.err)"
is_down && fail "the link is down after the watchdog's death"
kill $churn; wait $churn

# The emulator keeps what hardware loses with its link: do that by hand
echo 1 >$sysdev/$cut/enable
config() { dd if=$sysdev/$cut/config bs=1 count=64 2>/dev/null | od -An -tx1; }
whole=$(config)
arm link-disable --device $cut --ttl 60s
printf '\0\0\0\0' | dd of=$sysdev/$cut/config bs=4 count=1 seek=4 conv=notrunc 2>/dev/null
printf '\0\0' | dd of=$sysdev/$cut/config bs=2 count=1 seek=2 conv=notrunc 2>/dev/null
[ "$(config)" != "$whole" ] || fail "nothing was lost"
kill -9 $injector
wait_for "the configuration" '[ "$(config)" = "$whole" ]'
is_down && fail "the link is down at the end"
wait_for "the end of the watchdog" '! grep -q atcq-watchdog /proc/[0-9]*/comm'
is "what is armed" "$(atcq inject --status)" "Nothing is armed."
is "what is left over" "$(ls /run/atcq)" ""
