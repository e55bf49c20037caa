#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# run: base --icount --kernel base
# run: base-noats --icount --kernel base --append pci=noats
# run: patched --icount --kernel patched
# run: patched-noats --icount --kernel patched --append pci=noats
# What a strict unmap costs: without ATS it is a list that ends in a TLBI, with its
# CMD_SYNC; with ATS another that ends in an ATC_INV follows.
. tests/lab/guest/bench-lib.sh
out=$2
mean $dev >/dev/null	# caches, page tables, the first everything
mean $dev >"$out/idle"
[ "$1" = patched ] || exit 0
atcq report --format json -o "$out/report.json" -- sh -c "
	. tests/lab/guest/bench-lib.sh; mean $dev >$out/attached"
atcq inject atc-timeout --device $other --ttl 600s >/dev/null 2>$TMPDIR/inject.err &
until grep -q "Ctrl-C disarms" $TMPDIR/inject.err; do sleep 0.5; done
mean $dev >"$out/armed"
kill $!
churn 2000 $dev
break_and_reset $dev
end_churn
mean $dev >"$out/after"
