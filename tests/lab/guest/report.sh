#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# report.sh DIR: one incident, seen by three reports at once, one a form; what
# they are to agree on goes to DIR too.
. tests/lab/guest/lib.sh
churn $dev $other
atcq report --format html -o "$1/report.html" -- \
	atcq report --format csv -o "$1/report.csv" -- \
	atcq report --format perfetto -o "$1/report.json" -- \
	atcq report --format json -o "$1/plain.json" -- sh -c "
	sleep 0.4
	atsdev $other $dev never >/dev/null; sleep 0.5
	echo 1 >$sysdev/$dev/reset; sleep 0.5; : '<b>&\"nasty\"</b>'" || fail "atcq report"
cat /proc/sys/kernel/random/boot_id >"$1/boot_id"
uname -r >"$1/kernel"
