#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# In the guest: a device stops answering ATC invalidations while memory is
# unmapped for it, a second later it is reset by an FLR. Writes OUT/report.json
# and OUT/unmaps.json; the incident goes to stdout, live.
# Usage: incident.sh OUT
out=$1
dev=0000:02:00.0	# the device that breaks
other=0000:03:00.0	# the test device whose registers break it
sys=/sys/bus/pci/devices/$dev

# GERROR's interrupt away from the CPU that issues: else an unpatched kernel
# polls out a full second for each CMD_SYNC
irq=$(sed -n 's/^ *\([0-9]*\):.*arm-smmu-v3-gerror.*/\1/p' /proc/interrupts)
[ "$(nproc)" -gt 1 ] && echo 2 >"/proc/irq/$irq/smp_affinity"

taskset 1 vfio-churn --device $dev --count 0 --interval-us 10000 >"$out/unmaps.json" &
churn=$!
sleep 0.5
atcq trace 2>/dev/null &
trace=$!
atcq report --format json -o "$out/report.json" -- sh -c "
	sleep 0.5
	atsdev $other $dev never >/dev/null
	sleep 1
	cat $sys/arm-smmu-v3/ats $sys/iommu_state/blocked >$out/state 2>/dev/null
	echo 1 >$sys/reset
	sleep 0.5
	cat $sys/arm-smmu-v3/ats $sys/iommu_state/blocked >$out/state-after 2>/dev/null
	true"
rc=$?
kill $churn $trace
wait
exit $rc
