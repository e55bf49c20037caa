#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# run: patched --icount --kernel patched --testdevs 66
# What it costs to find a culprit among 65 devices of a domain: the list is flushed with
# 64 ATC_INVs in it, and when its last device is dead, 63 innocents are asked before.
. tests/lab/guest/bench-lib.sh
out=$2
other=0000:43:00.0	# not in the domain, its registers are free
devices=$(cd /sys/bus/pci/devices && for d in *; do
	[ "$(cat "$d/device")" = 0x00f7 ] && [ "$d" != $other ] && echo "$d"; done)
incidents() { for _ in 1 2 3; do break_and_reset "$1"; done; }
# shellcheck disable=SC2086
churn 20000 $devices
for at in first:02 last:41; do
	traced "$out/${at%:*}" arm_smmu_v3/arm_smmu_cmdq_error arm_smmu_v3/arm_smmu_ats_blocked -- \
		incidents 0000:${at#*:}:00.0
done
end_churn
