# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# One test of tests/lab/t, and its runs on broken kernels. Says how it went in
# lines that begin with "ok - " or "not ok - ", without numbers: those are the suite's.
# Expects lab, out, timeout, tag and mutants from tests/lab/suite, in the checkout's folder.
# shellcheck disable=SC2154

# attempt FILE NAME OPTIONS: its exit status; output in $out, and in $repeat how to repeat it
attempt() {
	if [[ $1 == *.host.sh ]]; then
		repeat="bash tests/lab/t/$2.sh"
		LOG="$out/$2.log" LAB_KERNEL=${LAB_DEBUG:+debug} bash "$1" >"$out/$2.out" 2>&1
	else
		repeat="tests/lab/vm $3 -- sh tests/lab/t/$2.sh"
		# shellcheck disable=SC2086
		"$lab/vm" --timeout "$timeout" --log "$out/$2.log" $3 -- sh "$1" >"$out/$2.out" 2>&1
	fi
}

failure() { # NAME CODE
	echo "# $1: exit status $2; repeat: $repeat"
	sed 's/^/# /' "$out/$1.out" | tail -n 40
	[ ! -e "$out/$1.log" ] || tail -n 15 "$out/$1.log" | sed 's/^/# log: /'
}

# red FILE TEST NAME REGEX OPTION...: the test must fail on the kernel with that patch,
# and it or the guest's log say why; a guest that cannot go on shall end at once
red() {
	local file=$1 t=$2 name=$3 regex=$4 start=$SECONDS code=0
	local said="$out/$3.red.out" log="$out/$3.red.log"
	shift 4
	: >"$said"; : >"$log"
	"$lab/vm" --kernel "$mutants:$file" --prepare &&
		"$lab/vm" --kernel "$mutants:$file" --timeout "$timeout" --log "$log" --append oops=panic "$@" -- sh "$t" >"$said" 2>&1
	code=$?
	if [ $code -ne 0 ] && [ $code -ne 124 ] && grep -aqE "$regex" "$said" "$log"; then
		echo "ok - $name: fails on the kernel with $(basename "$file"), as it should ($((SECONDS - start)) s)"
		return
	fi
	echo "not ok - $name: fails on the kernel with $(basename "$file"), as it should"
	echo "# exit status $code, and no '$regex'; repeat: tests/lab/vm --kernel $mutants:$file $* -- sh tests/lab/t/$name.sh"
	sed 's/^/# /' "$said" | tail -n 40
}

reds() { # FILE NAME OPTIONS
	local mutant regex
	while read -r mutant regex; do
		# shellcheck disable=SC2086
		red "tests/regress/$mutant.patch" "$1" "$2" "$regex" ${3/--kernel +([^ ])/}
	done < <(sed -n "s/^# $tag: //p" "$1")
}

# A kernel of Debian's that the mirror does not have is no failure of ours
without_distro() { # OPTIONS: prints why
	local distro said
	distro=$(sed -n 's/.*--kernel \(distro:[^ ]*\).*/\1/p' <<<"$1")
	[ -n "$distro" ] || return
	said=$("$lab/vm" --kernel "$distro" --prepare 2>&1) && return 1
	tail -n 1 <<<"$said"
}

# one_test FILE NAME WHAT OPTIONS [last]: 75, having shown why, if it is to be tried
# again, when nothing else runs. That is once, as a host that is busy elsewhere for a
# second is enough to miss a limit in the guest; not if it ended well but for a report
# in the kernel's log (126)
one_test() {
	local t=$1 name=$2 what=$3 options=$4 start=$SECONDS code why
	if why=$(without_distro "$options"); then
		echo "ok - $name: $what # SKIP $why"
		return
	fi
	attempt "$t" "$name" "$options"
	code=$?
	if [ $code -ne 0 ] && [ $code -ne 126 ] && [ "${5:-}" != last ]; then
		failure "$name" $code
		return 75
	fi
	if [ $code -eq 0 ]; then
		echo "ok - $name: $what ($((SECONDS - start)) s${5:+, at the second try})"
	else
		echo "not ok - $name: $what"
		failure "$name" $code
	fi
	reds "$t" "$name" "$options"
}
