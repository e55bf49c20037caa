# SPDX-License-Identifier: GPL-2.0-only
# vm: --kernel patched --smp 1
# proves: with one CPU, the issuer on GERROR's own CPU does not stall for a second
. tests/lab/guest/lib.sh
churn $dev
atsdev $other $dev never >/dev/null
wait_for "the fence" '[ "$(state $dev)" = broken ]'
kill $churns; wait
max=$(value $TMPDIR/churn.json max_ns)
[ "$max" -lt 500000000 ] || fail "an unmap took $max ns"
is "timeouts at the device" "$(counter $dev timeouts)" 1
dmesg | grep -q "CMD_SYNC timeout" && fail "a CMD_SYNC was polled for in vain"
echo 1 >$sysdev/$dev/reset
is "state after the FLR" "$(state $dev)" no
