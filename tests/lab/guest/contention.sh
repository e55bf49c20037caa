#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# In the guest, on the clock of the wall: how much longer an unmap takes while another CPU
# unmaps for another device, in a domain of its own; all that the two share is the SMMU's
# command queue. N times, each by itself and contended in turn, since only their ratio is
# independent of how fast the host is. Writes OUT/env and OUT/contended.
# Usage: contention.sh OUT N PHASE_US
. tests/lab/guest/bench-lib.sh
out=$1 n=$2
environment >"$out/env"
taskset -p 1 $$ >/dev/null
mean $dev >/dev/null	# caches, page tables, the first everything
usleep "$3"
i=0
while [ $i -lt "$n" ]; do
	alone=$(mean $dev)
	taskset -p 2 $$ >/dev/null
	churn 0 $other
	taskset -p 1 $$ >/dev/null
	both=$(mean $dev)
	end_churn
	echo "$alone $both"
	i=$((i + 1))
done >"$out/contended"
