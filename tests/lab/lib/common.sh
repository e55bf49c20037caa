# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034
# What every part of the lab needs: where things are, messages, locks, progress.

set -euo pipefail
shopt -s inherit_errexit

LAB=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
TOP=$(cd "$LAB/../.." && pwd)
CACHE=${ATCQ_CACHE:-${XDG_CACHE_HOME:-${HOME:?HOME is not set}/.cache}/atcq}
JOBS=$(nproc)
"$LAB/../plain-path" "$TOP" "move this checkout" "$CACHE" "set ATCQ_CACHE to another folder" || exit 125
# The linker, too, when it has its options from the compiler
[[ $CACHE != *,* ]] || { echo "lab: $CACHE: gcc does not work with ',' in a folder's name: set ATCQ_CACHE to another folder" >&2; exit 125; }
mkdir -p "$CACHE/dl" "$CACHE/log" "$CACHE/took" 2>/dev/null ||
	{ echo "lab: cannot write to the build cache $CACHE: set ATCQ_CACHE to a folder that can be written" >&2; exit 125; }

# What is built from this checkout's sources. Two checkouts share all of the cache
# but this, and what a deleted checkout left is deleted.
OWN="$CACHE/checkouts/$(printf %s "$TOP" | sha256sum | cut -c1-12)"
if [ ! -e "$OWN/path" ]; then
	for dir in "$CACHE"/checkouts/*; do
		[ ! -e "$dir/path" ] || [ -d "$(cat "$dir/path")" ] || rm -rf "$dir"
	done
	mkdir -p "$OWN"
	printf '%s\n' "$TOP" >"$OWN/path"
fi

say() { printf 'lab: %s\n' "$*" >&2; }
die() { printf 'lab: %s\n' "$*" >&2; exit 125; }

# need TOOL PACKAGE: the host's package state is changed by install-packages only
need() {
	command -v "$1" >/dev/null 2>&1 ||
		die "$1 is missing (package $2): run tests/lab/install-packages"
}

# with_lock NAME COMMAND...: one builder at a time, others wait and are told so
with_lock() {
	local name=$1 fd
	shift
	exec {fd}>"$CACHE/$name.lock"
	if ! flock -n "$fd"; then
		say "waiting for another run that is busy with $name"
		flock "$fd"
	fi
	"$@"
	exec {fd}>&-
}

# content_key FILE...: changes when any of the files does
content_key() { cat -- "$@" | sha256sum | cut -c1-16; }

enough_disk() {
	local want=$1 have
	have=$(df -Pk "$CACHE" | awk 'NR == 2 { print int($4 / 1048576) }')
	[ "$have" -ge "$want" ] ||
		die "$CACHE has ${have} GiB free, $want are needed: make room or set ATCQ_CACHE"
}

# progress NAME TOTAL PATTERN COMMAND...: run it with its output in a log, and
# show how many lines of the output match the pattern, and how long it took last.
progress() {
	local name=$1 total=$2 pattern=$3 log="$CACHE/log/$1.log" start=$SECONDS
	local last="" pid now=0 rc=0 shown=0
	shift 3
	[ -s "$CACHE/took/$name" ] && last=", took $(cat "$CACHE/took/$name") s last time"
	[ -s "$CACHE/took/$name.steps" ] && total=$(cat "$CACHE/took/$name.steps")
	say "$name ...${last}"
	"$@" >"$log" 2>&1 </dev/null &
	pid=$!
	# shellcheck disable=SC2064
	trap "kill $pid 2>/dev/null; exit 130" INT TERM
	while kill -0 "$pid" 2>/dev/null; do
		sleep 1
		now=$((SECONDS - start))
		[ $((now - shown)) -ge 15 ] || continue
		shown=$now
		say "$name: $(grep -c "$pattern" "$log" || true) of about $total, $now s"
	done
	wait "$pid" || rc=$?
	trap - INT TERM
	if [ "$rc" -ne 0 ]; then
		tail -n 25 "$log" >&2
		die "$name failed; the whole output is in $log"
	fi
	echo "$now" >"$CACHE/took/$name"
	grep -c "$pattern" "$log" >"$CACHE/took/$name.steps" || true
}

# sync_files FROM TO: make TO's files those of FROM, touching only what differs
sync_files() { rsync -rlc --no-times "$1/" "$2/"; }
