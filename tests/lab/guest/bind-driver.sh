#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# A device's driver is the lab's own, which asks for resets, or the one of before again.
# Usage: bind-driver.sh DEVICE [back]
. tests/lab/guest/lib.sh
device=$sysdev/$1 was=$TMPDIR/driver.$1
if [ "${2:-}" = back ]; then
	rmmod ats_driver
	cat "$was" >"$device/driver_override"
	echo "$1" >/sys/bus/pci/drivers_probe
	exit
fi
sed "s/^(null)$//" "$device/driver_override" >"$was"
[ ! -e "$device/driver" ] || echo "$1" >"$device/driver/unbind"
load ats-driver || exit
echo ats-driver >"$device/driver_override"
echo "$1" >/sys/bus/pci/drivers_probe
