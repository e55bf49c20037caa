#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# run: base --kernel base --testdevs 3
# run: patched --kernel patched --testdevs 3
# How many CMDQ errors a device causes that is dead for two seconds, by how often memory
# is unmapped for it. An unpatched kernel must not have GERROR's interrupt on the CPU
# that unmaps, which else polls out a second for each; so there are two, in real time.
. tests/lab/guest/bench-lib.sh
out=$2
second=0000:03:00.0
other=0000:04:00.0
irq=$(sed -n 's/^ *\([0-9]*\):.*arm-smmu-v3-gerror.*/\1/p' /proc/interrupts)
echo 2 >"/proc/irq/$irq/smp_affinity"
timeouts() { atsdev $other $dev | sed 's/.*timeouts=\([0-9]*\).*/\1/'; }
errors() { # NAME INTERVAL_US DEVICE...
	name=$1
	shift
	churn "$@"
	taskset -p 1 "${churns# }" >/dev/null
	was=$(timeouts)
	atsdev $other $dev never >/dev/null
	sleep 2
	echo $(($(timeouts) - was)) >"$out/$name"
	echo 1 >/sys/bus/pci/devices/$dev/reset
	sleep 0.5
	end_churn
}
errors 5 200000 $dev
errors 20 50000 $dev
errors 100 10000 $dev
errors list 10000 $dev $second
