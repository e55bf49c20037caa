#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# proves: a guest that panics or hangs in the middle fails the scenario that it was at, its log is kept, and the rest runs in a fresh boot
set -uo pipefail
lab=$(cd "$(dirname "$0")/.." && pwd)
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
scenario() {
	printf 'name: %s\nproves: nothing\ndevices: { a: testdev }\nlimit: 2s\nsteps: [ run: "%s" ]\nexpect: {}\n' "$1" "$2" >"$dir/$1.yaml"
}
fail() {
	echo "FAIL: $*"
	cat "$dir/out" "$dir/err"
	exit 1
}
scenario a-passes true
# shellcheck disable=SC2016 # the guest's shell is meant
scenario b-panics 'insmod $(dirname $(command -v atsdev))/crash-'"${LAB_KERNEL:-patched}"'.ko'
scenario c-passes true
# The one that would end it is itself stopped
# shellcheck disable=SC2016
scenario d-hangs 'kill -STOP $PPID'
scenario e-passes true
"$lab/scenarios" --kernel "${LAB_KERNEL:-patched}" --patience 8 --record "$dir/kept" --junit "$dir/j.xml" \
	"$dir"/*.yaml >"$dir/out" 2>"$dir/err"
code=$?
[ $code -eq 1 ] || fail "exit status $code, not 1"
for name in a-passes c-passes e-passes; do grep -q "^ok [0-9]* - $name" "$dir/out" || fail "$name did not pass"; done
grep -q "^not ok 2 - b-panics" "$dir/out" || fail "b-panics passed"
grep -q "the guest's kernel died: .*; its log is $dir/kept/b-panics.guest.log" "$dir/out" || fail "no word of the panic"
grep -aq "asked for by a test" "$dir/kept/b-panics.guest.log" || fail "the log of the panic is not kept"
grep -q "^not ok 4 - d-hangs" "$dir/out" || fail "d-hangs passed"
grep -q "the guest hung, and was ended" "$dir/out" || fail "no word of the hang"
grep -q "3 passed, 2 failed, 0 errors, 0 skipped, 0 not run, 3 boot" "$dir/out" || fail "the summary"
xmllint --noout --relaxng "$lab/../scenarios/junit.rng" "$dir/j.xml" 2>"$dir/xml" || fail "JUnit: $(cat "$dir/xml")"
