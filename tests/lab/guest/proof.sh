#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# proof.sh OUT ROUNDS: the proof in this guest, its result in OUT/proof.json.
. tests/lab/guest/lib.sh
out=$1 rounds=$2
echo 1 >/proc/sys/vm/nr_hugepages
is "size of the huge page pool" "$(cat /proc/sys/vm/nr_hugepages)" 1
dmesg -c >/dev/null
ats-proof $dev "$rounds" >"$out/proof.json" || exit 1
dmesg | grep -c 'CMDQ error' >"$out/cmdq_errors"
