# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh disable=SC2034
# A daemon that serves, as the service runs it: another user, CAP_BPF and CAP_PERFMON.
chmod 755 /		# nobody may read the host's files in place
cp "$(command -v atcq)" $TMPDIR/atcq
mkdir -p $TMPDIR/h && chown 65534 $TMPDIR/h
ip link set lo up
# as_user CAPABILITIES OPTIONS: numbers, 38 CAP_PERFMON, 39 CAP_BPF
as_user() { caps=$1; shift; (cd / && exec with-caps 65534 "$caps" $TMPDIR/atcq "$@"); }
serve() { # OPTIONS
	(cd / && exec with-caps 65534 38,39 $TMPDIR/atcq daemon --listen 127.0.0.1:9793 "$@") >/dev/null 2>$TMPDIR/daemon.err &
	daemon=$!
	wait_for "the daemon" 'grep -q "listening at" $TMPDIR/daemon.err || ! kill -0 $daemon 2>/dev/null'
	kill -0 $daemon 2>/dev/null || fail "$(cat $TMPDIR/daemon.err)"
}
page() { wget -q -O $TMPDIR/page "http://127.0.0.1:9793$1" || fail "$1: $(cat $TMPDIR/daemon.err)"; }
# metric SERIES VALUE: SERIES is a regular expression
metric() { grep -q "^$1 $2\$" $TMPDIR/page || fail "not $1 $2: $(grep "^$(echo "$1" | sed 's/{.*//')" $TMPDIR/page)"; }
# Not every kernel has seccomp: where this one has, the filter is on
seccomp='' filter=off
! grep -q ^Seccomp: /proc/self/status || seccomp=2 filter=filter
given_up() {
	grep -q "^Uid:.65534" "/proc/$daemon/status" || fail "$(cat "/proc/$daemon/status")"
	for line in CapPrm:.0000000000000000 CapEff:.0000000000000000 CapAmb:.0000000000000000 NoNewPrivs:.1 ${seccomp:+Seccomp:.$seccomp}; do
		grep -q "^$line\$" "/proc/$daemon/status" || fail "no $line in $(cat "/proc/$daemon/status")"
	done
}
unserve() { kill -TERM $daemon; wait $daemon || fail "the daemon ends with $?: $(cat $TMPDIR/daemon.err)"; }
