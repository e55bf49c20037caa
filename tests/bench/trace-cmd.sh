#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Makes a trace.dat of system calls, for a comparison: trace-cmd.sh FILE EVENTS.
# By hand in an instance: trace-cmd record wants to write to ftrace_enabled, which not
# every machine permits. Needs root and tracefs.
set -euo pipefail
file=$1 count=$2
tracing=/sys/kernel/tracing instance=atcq-bench
if [ ! -d $tracing/events ]; then
	mount -t tracefs none $tracing
	trap 'umount $tracing' EXIT
fi
mkdir $tracing/instances/$instance
echo 131072 >$tracing/instances/$instance/buffer_size_kb
# Two system calls a byte
sh -c "echo \$\$ >$tracing/instances/$instance/set_event_pid
	echo 1 >$tracing/instances/$instance/events/raw_syscalls/sys_enter/enable
	exec dd if=/dev/zero of=/dev/null bs=1 count=$((count / 2))"
echo 0 >$tracing/instances/$instance/events/raw_syscalls/sys_enter/enable
trace-cmd extract -B $instance -o "$file"
[ ! -d $tracing/instances/$instance ] || rmdir $tracing/instances/$instance
