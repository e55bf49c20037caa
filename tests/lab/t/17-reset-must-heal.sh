# SPDX-License-Identifier: GPL-2.0-only
# vm: --kernel patched
# proves: asking for reset methods disturbs nothing; a device whose FLR does not heal it is blocked again
. tests/lab/guest/lib.sh
churn $dev
atsdev $other $dev heals 0 >/dev/null
cat $sysdev/$dev/reset_method >$TMPDIR/methods
echo flr >$sysdev/$dev/reset_method
echo "bus" >$sysdev/$dev/reset_method 2>/dev/null
echo flr >$sysdev/$dev/reset_method
is "state after probing" "$(state $dev)" no
before=$(counter $dev received); sleep 0.3
[ "$(counter $dev received)" -gt "$before" ] || fail "no ATC_INVs after probing"
atsdev $other $dev never >/dev/null
wait_for "the first fence" '[ "$(state $dev)" = broken ]'
echo 1 >$sysdev/$dev/reset
wait_for "the second fence" '[ "$(counter $dev timeouts)" -ge 2 ] && [ "$(state $dev)" = broken ]'
atsdev $other $dev answer heals 1 >/dev/null
echo 1 >$sysdev/$dev/reset
is "state after a reset that helps" "$(state $dev)" no
sleep 0.3
is "state later" "$(state $dev)" no
