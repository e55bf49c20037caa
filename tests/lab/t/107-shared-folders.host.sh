#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# proves: the guest has a folder of the host under its own path, whatever its name is, and what a test writes to TMPDIR is in none of them
set -uo pipefail
lab=$(cd "$(dirname "$0")/.." && pwd)
dir=$(mktemp -d)
trap 'rm -rf "$dir" "${shm:-}"' EXIT
# Also below what is no folder but a file system of the guest's own
shm=$(mktemp -d /dev/shm/atcq.XXXXXX)
fail() { echo "FAIL: $*"; exit 1; }
folders=("$dir/a,b" "$dir/ c d " "$dir/it's 100%: #1; \$HOME & \"\\x\"" "$dir/é" "$shm/h")
shares=()
for folder in "${folders[@]}"; do
	mkdir "$folder"
	echo "$folder" >"$folder/host"
	shares+=(--share "$folder")
done
# shellcheck disable=SC2016 # the guest's shell is meant
"$lab/vm" --kernel "${LAB_KERNEL:-patched}" --timeout 120 --log "$dir/a,b/log" "${shares[@]}" -- sh -c '
	echo "$TMPDIR" && [ -d "$TMPDIR" ] && [ -z "$(ls "$TMPDIR")" ] || exit 3
	for folder; do
		[ "$(cat "$folder/host")" = "$folder" ] && echo "$folder" >"$folder/guest" || exit 4
		case $TMPDIR in "$folder"/*) exit 5 ;; esac
	done' sh "${folders[@]}" >"$dir/out" 2>&1 || fail "exit status $?: $(cat "$dir/out")"
for folder in "${folders[@]}"; do
	[ "$(cat "$folder/guest")" = "$folder" ] || fail "$folder: the guest wrote '$(cat "$folder/guest")'"
done
[ -s "$dir/a,b/log" ] || fail "no log in a folder with a comma"
