#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# run: bare --icount --kernel mutant:tests/bench/no-fault-points.patch
# run: patched --icount --kernel patched
# What `atcq inject` costs the driver, for one rule and for 64, and how soon it begins
# and ends. An unmap is two CMD_SYNCs; that of the ATC_INV is the one that rules are for.
out=$2
dev=0000:02:00.0 other=0000:03:00.0
mean() { vfio-churn --device $dev --count 3000 | sed 's/.*"mean_ns": \([0-9]*\).*/\1/'; }
rules() { # NUMBER DEVICE: so many rules that never fire
	for n in $(seq "$1"); do printf -- '- {fault: atc-timeout, device: %s, space: %u}\n' "$2" $((900000 + n)); done
}
armed() { # NAME: what unmaps cost while the rules in $TMPDIR/rules are armed
	atcq inject --from $TMPDIR/rules --force --ttl 600s >/dev/null 2>$TMPDIR/inject.err &
	pid=$!
	until grep -q "Ctrl-C disarms" $TMPDIR/inject.err; do
		kill -0 $pid || { cat $TMPDIR/inject.err; exit 1; }
		sleep 0.1
	done
	mean >"$out/$1"
	kill $pid
	wait $pid
}
mean >/dev/null	# caches, page tables, the first everything
mean >"$out/idle"
[ "$1" = patched ] || exit 0
# The switch alone: all hooks are asked, nobody answers
exec 9</sys/kernel/debug/iommu_fault_points/enable
mean >"$out/held"
exec 9<&-
for n in 1 64; do
	rules $n $other >$TMPDIR/rules; armed "other$n"
	rules $n $dev >$TMPDIR/rules; armed "match$n"
done
# The first hit, and the end: several times, as the unmaps and the injector share a CPU
vfio-churn --device $dev --count 0 --interval-us 100 >/dev/null &
churn=$!
sleep 1
for n in 1 2 3 4 5; do
	: >$TMPDIR/decisions
	atcq inject queue-full --device $dev --force --max-devices 64 --times 0 --ttl 600s --explain --json \
		>$TMPDIR/decisions 2>$TMPDIR/inject.err &
	pid=$!
	until grep -q '"outcome":"fired"' $TMPDIR/decisions; do sleep 0.05; done
	interrupt $pid >$TMPDIR/interrupted
	wait $pid
	first=$(sed -n 's/^{"time_ns":\([0-9]*\),.*"fired".*/\1/p' $TMPDIR/decisions | head -n 1)
	sed -n 's/.*"armed_ns":\([0-9]*\),.*"disarmed_ns":\([0-9]*\).*/\1 \2/p' $TMPDIR/decisions |
		while read -r from to; do echo "$from $first $(cat $TMPDIR/interrupted) $to"; done >>"$out/times"
done
kill $churn
