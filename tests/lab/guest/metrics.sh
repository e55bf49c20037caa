# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# What the tests of metrics share, beside lib.sh; they run in the guest.
# shellcheck disable=SC2034
prom=$TMPDIR/textfile/atcq.prom
# expose OPTIONS: the daemon writes its metrics there, once a second, from now on
expose() {
	mkdir -p $TMPDIR/textfile
	: >$TMPDIR/daemon.err
	atcq daemon --textfile $prom --every 1s "$@" 2>$TMPDIR/daemon.err &
	daemon=$!
	wait_for "the daemon" 'grep -q "writing metrics" $TMPDIR/daemon.err || ! kill -0 $daemon 2>/dev/null'
}
# metric SERIES: its value, "" if there is none
metric() { awk -v s="$1" '$1 == s { print $2 }' $prom; }
# metric_is SERIES VALUE: within 10 s, since it is written once a second
metric_is() {
	i=0
	until [ "$(metric "$1")" = "$2" ]; do
		i=$((i + 1))
		[ $i -lt 100 ] || fail "$1 is '$(metric "$1")', should be '$2'; $(grep "^${1%%\{*}" $prom)"
		sleep 0.1
	done
}
# config_reads: how often somebody looked into a configuration space through sysfs since trace_config
trace_config() {
	t=/sys/kernel/tracing
	[ -e $t/trace ] || mount -t tracefs tracefs $t || fail "no tracefs"
	echo pci_read_config >$t/set_ftrace_filter || fail "pci_read_config() cannot be traced"
	echo function >$t/current_tracer
	echo 1 >$t/tracing_on
	echo >$t/trace
}
config_reads() { grep -c pci_read_config $t/trace; }
