#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# In the guest: what the gate judges, many times in one boot. A device stops answering
# ATC invalidations while memory is unmapped for it, is quarantined and reset, N times;
# then memory is unmapped in peace. Writes OUT/env, OUT/incidents.json, OUT/unmaps (a
# line each 400) and OUT/peace.json.
# Usage: gate.sh OUT N PHASE_US: the phase is how much later than else all begins
. tests/lab/guest/bench-lib.sh
out=$1 n=$2
environment >"$out/env"
mean $dev >/dev/null	# caches, page tables, the first everything
usleep "$3"
churn 2000 $dev
atcq report --format json -o "$out/incidents.json" -- sh -c "
	. tests/lab/guest/bench-lib.sh
	i=0
	while [ \$i -lt $n ]; do break_and_reset $dev; i=\$((i + 1)); done"
end_churn
for _ in 1 2 3 4 5; do vfio-churn --device $dev --count 400; done >"$out/unmaps"
atcq report --format json -o "$out/peace.json" -- vfio-churn --device $dev --count 400 >/dev/null
