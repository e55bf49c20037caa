#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# run: patched --kernel patched --testdevs 66
# What it costs to find the culprit in a list of 64 ATC_INVs: 65 devices share a domain,
# the last one of the list that is flushed half-way is dead, so 63 innocents are asked.
. tests/lab/guest/bench-lib.sh
out=$2
other=0000:43:00.0	# not in the domain, its registers are free
culprit=0000:41:00.0
devices=$(cd /sys/bus/pci/devices && for d in *; do
	[ "$(cat "$d/device")" = 0x00f7 ] && [ "$d" != $other ] && echo "$d"; done)
# shellcheck disable=SC2086
churn 20000 $devices
for i in 1 2 3; do
	traced "$out/errors.$i" arm_smmu_v3/arm_smmu_cmdq_error arm_smmu_v3/arm_smmu_ats_blocked -- \
		break_and_reset $culprit
done
traced "$out/syncs" arm_smmu_v3/arm_smmu_cmdq_error arm_smmu_v3/arm_smmu_cmd_sync \
	arm_smmu_v3/arm_smmu_ats_blocked -- break_and_reset $culprit
end_churn
