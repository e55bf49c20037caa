#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# In the guest: what the gate judges, many times in one boot. A device stops answering
# ATC invalidations while memory is unmapped for it, is quarantined and reset, N times.
# Writes OUT/report.json, OUT/unmap (a mean per round) and OUT/env.
# Usage: gate.sh OUT N
. tests/lab/guest/bench-lib.sh
out=$1 n=$2
mean $dev >/dev/null	# caches, page tables, the first everything
for _ in 1 2 3 4 5; do vfio-churn --device $dev --count 400; done >"$out/unmaps"
churn 2000 $dev
atcq report --format json -o "$out/report.json" -- sh -c "
	. tests/lab/guest/bench-lib.sh
	i=0
	while [ \$i -lt $n ]; do break_and_reset $dev; i=\$((i + 1)); done"
end_churn
