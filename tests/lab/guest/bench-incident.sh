#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# run: patched --kernel patched
# What an incident costs: a device that is alone in its domain, 9 times, watched by
# as little as possible; then each CMD_SYNC that this consists of alone; then by atcq.
. tests/lab/guest/bench-lib.sh
out=$2
incidents() { for i in 1 2 3 4 5 6 7 8 9; do break_and_reset $dev; done; }
churn 2000 $dev
traced "$out/quarantine" arm_smmu_v3/arm_smmu_cmdq_error arm_smmu_v3/arm_smmu_ats_blocked -- incidents
traced "$out/syncs" arm_smmu_v3/arm_smmu_cmd_sync arm_smmu_v3/arm_smmu_ats_blocked -- incidents
atcq report --format json -o "$out/report.json" -- sh -c "
	. tests/lab/guest/bench-lib.sh
	for i in 1 2 3 4 5 6 7 8 9; do break_and_reset $dev; done"
end_churn
