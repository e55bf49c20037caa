#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# proof.sh OUT ROUNDS: the proof in this guest, its result in OUT/proof.json.
. tests/lab/guest/lib.sh
out=$1 rounds=$2
echo 1 >/proc/sys/vm/nr_hugepages
is "size of the huge page pool" "$(cat /proc/sys/vm/nr_hugepages)" 1
dmesg -c >/dev/null
trace=/sys/kernel/tracing
event=$trace/events/arm_smmu_v3/arm_smmu_cmdq_error
[ ! -e $event ] || echo 1 >$event/enable
ats-proof $dev "$rounds" >"$out/proof.json" || exit 1
# The series says it by a tracepoint, and prints less
if [ -e $event ]; then
	grep -c 'arm_smmu_cmdq_error:' $trace/trace >"$out/cmdq_errors"
else
	dmesg | grep -c 'CMDQ error' >"$out/cmdq_errors"
fi
