#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# run: patched --icount --kernel patched --testdevs 3
# What an incident costs: of a device that is alone in its domain, watched by two
# events, then by atcq; then of the first and of the second device of a domain, which
# differ in one ATC_INV that is issued again.
. tests/lab/guest/bench-lib.sh
out=$2
second=0000:03:00.0
other=0000:04:00.0
events="arm_smmu_v3/arm_smmu_cmdq_error arm_smmu_v3/arm_smmu_ats_blocked"
incidents() { for _ in 1 2 3 4 5 6 7 8 9; do break_and_reset "$1"; done; }
churn 2000 $dev
# shellcheck disable=SC2086
traced "$out/alone" $events -- incidents $dev
atcq report --format json -o "$out/report.json" -- sh -c "
	. tests/lab/guest/bench-lib.sh
	other=$other
	for _ in 1 2 3 4 5 6 7 8 9; do break_and_reset $dev; done"
end_churn
churn 2000 $dev $second
# shellcheck disable=SC2086
traced "$out/first" $events -- incidents $dev
# shellcheck disable=SC2086
traced "$out/second" $events -- incidents $second
end_churn
