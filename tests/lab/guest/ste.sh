#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# In the guest: fails unless each stream table entry of the devices, in memory, has ATS
# "on" (EATS 1) or "off" (EATS 0). Usage: ste.sh on|off DEVICE...
case $1 in
on) eats=1 ;;
off) eats=0 ;;
*) exit 2 ;;
esac
shift
kernel=patched
[ ! -e /proc/lockdep ] || kernel=debug
ko=$(dirname "$(command -v atsdev)")/ste-$kernel.ko
for device; do
	insmod "$ko" device="$device" eats=$eats 2>$TMPDIR/ste.err || {
		cat $TMPDIR/ste.err
		dmesg | grep "$device: ste " | tail -n 4
		exit 1
	}
	rmmod ste
done
