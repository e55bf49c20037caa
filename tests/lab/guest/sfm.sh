#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# sfm.sh DIR: says in DIR when an incident is under way, then looks at what an
# SMMU in Service Failure Mode does to it. No device's interrupt arrives from
# then on, so the result goes to the serial console, and the machine off.
. tests/lab/guest/lib.sh
churn $dev
atsdev $other $dev never >/dev/null
wait_for "the fence" '[ "$(state $dev)" = broken ]'
cat "$sysdev/$dev/iommu_state/blocked" >/dev/null
: >"$1/ready"
wait_for "Service Failure Mode" 'dmesg | grep -q "entered Service Failure Mode"'
sleep 1
{
	echo "sfm: told $(dmesg | grep -c 'entered Service Failure Mode') time(s)"
	echo "sfm: state $(state $dev)"
} >/dev/console
poweroff -f
