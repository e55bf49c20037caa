#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# In the guest, in virtual time: mean instructions of a strict unmap, which is
# two CMD_SYNCs (TLBI, then ATC_INV), and on a patched kernel an incident.
# Usage: bench.sh base|patched OUT
out=$2
dev=0000:02:00.0 other=0000:03:00.0
unmaps() { vfio-churn --device $dev --count 3000 | sed 's/.*"mean_ns": \([0-9]*\).*/\1/'; }
unmaps >/dev/null	# caches, page tables, the first everything
unmaps >"$out/idle"
[ "$1" = base ] && exit 0
atcq report --format json -o "$out/attached.json" -- sh -c "vfio-churn --device $dev --count 3000 >$out/attached.raw"
sed 's/.*"mean_ns": \([0-9]*\).*/\1/' "$out/attached.raw" >"$out/attached"
atcq inject atc-timeout --device $other --ttl 600s >/dev/null 2>&1 &
sleep 0.5
unmaps >"$out/armed"
kill $!
vfio-churn --device $dev --count 0 --interval-us 2000 >/dev/null &
sleep 0.5
# How long the block itself takes, by its own tracepoint
trace=/sys/kernel/tracing
echo 1 >$trace/events/arm_smmu_v3/arm_smmu_ats_blocked/enable
for _ in 1 2 3 4 5; do
	atsdev $other $dev never >/dev/null; sleep 0.1
	echo 1 >/sys/bus/pci/devices/$dev/reset; sleep 0.1
done
sed -n 's/.*arm_smmu_ats_blocked:.*duration=\([0-9]*\).*/\1/p' $trace/trace | sort -n | sed -n 3p >"$out/block"
echo 0 >$trace/events/arm_smmu_v3/arm_smmu_ats_blocked/enable
atcq report --format json -o "$out/incident.json" -- sh -c "
	for i in 1 2 3 4 5; do
		atsdev $other $dev never >/dev/null; sleep 0.1
		echo 1 >/sys/bus/pci/devices/$dev/reset; sleep 0.1
	done"
