# SPDX-License-Identifier: GPL-2.0-only
# vm: --kernel patched
# proves: attaches, unmaps and resets that race with the block leave a device that works (1,000 times on the debug kernel)
. tests/lab/guest/lib.sh
loops=60
[ ! -e /proc/lockdep ] || loops=1000
cat $sysdev/$dev/vendor >/dev/null
atsdev $other $dev answer >/dev/null
# Each opens the device, which attaches and resets it, unmaps, and lets it go
while [ ! -e $TMPDIR/stop ]; do
	vfio-churn --device $dev --count 50 --interval-us 2000 >>$TMPDIR/churn.out 2>&1
done &
while [ ! -e $TMPDIR/stop ]; do
	echo 1 >$sysdev/$dev/reset 2>/dev/null
	sleep 0.1
done &
i=0
while [ $i -lt $loops ]; do
	# Two times of three a reset does not heal it
	case $((i % 3)) in
	0) atsdev $other $dev never heals 1 >/dev/null ;;
	*) atsdev $other $dev never heals 0 >/dev/null ;;
	esac
	i=$((i + 1))
	sleep 0.05
done
: >$TMPDIR/stop
wait
atsdev $other $dev answer heals 1 >/dev/null
echo 1 >$sysdev/$dev/reset || fail "the last reset"
is "state after the last reset" "$(state $dev) $(ats $dev)" "no on"
[ "$(counter $dev timeouts)" -gt 10 ] || fail "only $(counter $dev timeouts) timeouts: nothing raced"
echo "$loops loops, $(counter $dev timeouts) timeouts, $(grep -c unmaps $TMPDIR/churn.out) opens"
vfio-churn --device $dev --count 20 || fail "the device does not work"
