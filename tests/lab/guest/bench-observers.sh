#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# run: base --icount --kernel base
# run: patched --icount --kernel patched
# peers: yes
# What it costs a CMD_SYNC to be watched: one and the same job, durations of all
# CMD_SYNCs, done by each of those that can. An unmap is two of them. The floor is
# what the kernel's way to a program costs whose program does nothing.
. tests/lab/guest/bench-lib.sh
kernel=$1 out=$2 peers=$3
mount --bind /proc "$peers/proc"
mount --bind /dev "$peers/dev"
mount --rbind /sys "$peers/sys"
mount -t tracefs tracefs "$peers/sys/kernel/debug/tracing"
mount -t tmpfs tmpfs "$peers/tmp"
fail() { echo "bench-observers: $*" >&2; exit 1; }
# watched NAME READY COMMAND...: by COMMAND, from when it has said READY
watched() {
	name=$1 ready=$2
	shift 2
	"$@" >$TMPDIR/watcher.out 2>&1 &
	watcher=$!
	i=0
	until grep -q "^$ready" $TMPDIR/watcher.out; do
		i=$((i + 1))
		kill -0 $watcher 2>/dev/null && [ $i -lt 600 ] || fail "$name: $(tail -n 5 $TMPDIR/watcher.out)"
		sleep 0.2
	done
	sleep 0.5
	mean $dev >"$out/$name"
	kill $watcher 2>/dev/null || fail "$name ended early: $(tail -n 5 $TMPDIR/watcher.out)"
	wait $watcher
}
bpftrace() { exec env TMPDIR=/tmp chroot "$peers" /usr/bin/bpftrace -B none -e "BEGIN { printf(\"ready\\n\"); } $1"; }
tracecmd() { # WHAT...
	TMPDIR=/tmp chroot "$peers" /usr/bin/trace-cmd start "$@" >$TMPDIR/watcher.out 2>&1 || fail "trace-cmd: $(cat $TMPDIR/watcher.out)"
	sleep 0.5
	mean $dev >"$out/trace-cmd"
	TMPDIR=/tmp chroot "$peers" /usr/bin/trace-cmd reset >/dev/null 2>&1
}

mean $dev >/dev/null
mean $dev >"$out/idle"
watched atcq "Watching" atcq trace
# Debian's bpftrace 0.17 crashes on the fields of any tracepoint of this kernel
f=__arm_smmu_cmdq_issue_cmdlist
watched bpftrace ready bpftrace "kprobe:$f { @start[tid] = nsecs; @smmu[tid] = arg0; }
	kretprobe:$f /@start[tid]/ { @[@smmu[tid]] = hist(nsecs - @start[tid]); delete(@start[tid]); delete(@smmu[tid]); }"
if [ "$kernel" = patched ]; then
	watched floor ready bpf-floor tracepoint arm_smmu_cmd_sync
	tracecmd -e arm_smmu_v3:arm_smmu_cmd_sync
else
	watched floor ready bpf-floor pair $f
	watched floor-clock ready bpf-floor clock $f
	tracecmd -p function_graph -l $f
fi
