# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# TAP, the output format of the suites: numbered results and a plan. A suite sets $top and
# $O, sources this file and ends with `finish`.
n=0 rc=0 # results so far; the exit status
why=""   # a file that explains the next result; it is emptied after each

# result STATUS WHAT [FILE]: WHAT passes if STATUS is 0, else FILE (or $why) explains it
result() {
	n=$((n + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $n - $2"
		[ -z "$why" ] || grep '^# ' "$why"
	else
		rc=1
		echo "not ok $n - $2"
		explain "${3:-$why}"
	fi
	[ -z "$why" ] || : >"$why"
}

# explain FILE: the end of a failed test's output; a suite may define its own
explain() { [ -z "$1" ] || tail -n 40 "$1" | sed 's/^/# /'; }

# skip WHAT REASON
skip() {
	n=$((n + 1))
	echo "ok $n - $1 # SKIP $2"
}

# bail WHAT [FILE]: without WHAT no test can run
bail() {
	result 1 "$@"
	finish
}

# check WHAT COMMAND...: WHAT passes if COMMAND does, whose output goes to $why
check() {
	local what=$1
	shift
	"$@" >"$why" 2>&1
	result $? "$what"
}

# build WHAT TARGET...: makes the targets in $O
build() {
	local what=$1 name log
	name=$(cd "$(dirname "$0")" && pwd)
	name=${name#"$top"/tests/} log="$O/log/build-${name//\//-}.log"
	shift
	mkdir -p "$O/log"
	make -s -C "$top" O="$O" "$@" >"$log" 2>&1 || bail "$what" "$log"
}

# cmocka BINARY: each of its cases is a test; the exit status 77 skips all of them
cmocka() {
	local name=${1##*/} out code line
	out=$(CMOCKA_MESSAGE_OUTPUT=TAP timeout 120 "$1" 2>&1)
	code=$?
	if [ $code -eq 77 ]; then
		skip "$name" "$(head -n 1 <<<"${out#SKIP: }")"
		return
	fi
	while read -r line; do
		case $line in
		"ok "*) result 0 "$name: ${line#ok * - }" ;;
		"not ok "*) result 1 "$name: ${line#not ok * - }" ;;
		esac
	done <<<"$out"
	[ $code -ne 0 ] || return 0
	rc=1
	printf '%s\n' "$out" | sed 's/^/# /'
	grep -q '^not ok' <<<"$out" || result 1 "$name ends with $code"
}

finish() {
	echo "1..$n"
	exit $rc
}
