#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# In the guest: runs a command after each test device had vfio-pci as its driver for a
# moment. Up to Linux 6.14, a device is not behind the SMMU before it had its first driver.
# Usage: probed.sh COMMAND [ARG...]
for device in /sys/bus/pci/devices/*; do
	[ "$(cat "$device/device")" = 0x00f7 ] && [ ! -e "$device/driver" ] || continue
	echo vfio-pci >"$device/driver_override"
	echo "${device##*/}" >/sys/bus/pci/drivers_probe
	echo "${device##*/}" >"$device/driver/unbind"
	echo >"$device/driver_override"
done
exec "$@"
