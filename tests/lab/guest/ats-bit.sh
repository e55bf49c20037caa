#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# In the guest: fails unless ATS is "on" or "off" in a device's configuration space.
# Usage: ats-bit.sh on|off DEVICE
config=/sys/bus/pci/devices/$2/config at=256
word() { od -An "-tu$2" -j "$1" -N "$2" "$config" | tr -d ' '; }
while [ $at -ne 0 ]; do
	header=$(word $at 4)
	if [ $((header & 0xffff)) -eq 15 ]; then
		[ $(($(word $((at + 6)) 2) >> 15)) = 1 ] && is=on || is=off
		echo "$2: ATS is $is"
		[ $is = "$1" ]
		exit
	fi
	at=$((header >> 20))
done
echo "$2 has no ATS"
exit 1
