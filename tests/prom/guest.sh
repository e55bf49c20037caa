# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh disable=SC1090,SC1091,SC2016,SC2154
# In the guest: the exporter, and whatever the test on the host asks for: each
# OUT/do.N is a script, whose output and status go to OUT/did.N. Usage: guest.sh OUT PORT NOW
# (NOW: the guest has no clock of its own that knows the year)
. tests/lab/guest/lib.sh
out=$1 port=$2
date -s "@$3" >/dev/null
atcq daemon --db $TMPDIR/history.db --listen "0.0.0.0:$port" 2>"$out/daemon.log" &
daemon=$!
wait_for "the daemon" 'wget -q -O /dev/null http://127.0.0.1:$port/metrics 2>/dev/null'
n=0
while kill -0 $daemon 2>/dev/null; do
	n=$((n + 1))
	until [ -e "$out/do.$n" ]; do sleep 0.05; done
	: >"$out/out.$n"
	# A failure ends the script, not this loop; what it left running and its variables are for the next one
	[ ! -e $TMPDIR/variables ] || . $TMPDIR/variables
	(set -e; . "$out/do.$n"; set | grep -E '^(injector|churns)=' >$TMPDIR/variables) >"$out/out.$n" 2>&1
	echo $? >"$out/did.part"
	mv "$out/did.part" "$out/did.$n"
	grep -q '^# the end' "$out/do.$n" && break
done
kill -TERM $daemon
wait $daemon
