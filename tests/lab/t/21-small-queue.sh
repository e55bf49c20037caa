# SPDX-License-Identifier: GPL-2.0-only
# vm: --kernel patched --qemu-arg -global --qemu-arg arm-smmuv3.cmdqs=7
# proves: a command queue of 128 entries wraps around during incidents without a false alarm
. tests/lab/guest/lib.sh
dmesg | grep -q "allocated 128 entries for cmdq" || fail "the queue is not small"
churn $dev $other
for round in 1 2 3; do
	atsdev $other $dev never >/dev/null
	wait_for "fence $round" '[ "$(state $dev)" = broken ]'
	before=$(counter $other received); sleep 0.5
	[ $(($(counter $other received) - before)) -ge 20 ] || fail "the other device stalls"
	echo 1 >$sysdev/$dev/reset
	is "state after reset $round" "$(state $dev)" no
	sleep 0.5
done
is "timeouts at the device" "$(counter $dev timeouts)" 3
is "state of the other device" "$(state $other)" no
