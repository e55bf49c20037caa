#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# proves: a recording of an arm64 guest gives the same report, byte for byte, there and on this machine
set -euo pipefail
top=$(cd "$(dirname "$0")/../../.." && pwd)
lab=$top/tests/lab
O=${O:-$top/build}
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
make -s -C "$top" O="$O" atcq >/dev/null
cat >"$out/guest.sh" <<EOF
. tests/lab/guest/lib.sh
churn \$dev
atcq record -o \$TMPDIR/r.atcq -- sh -c "
	sleep 0.3; atsdev \$other \$dev never >/dev/null; sleep 0.5; echo 1 >\$sysdev/\$dev/reset; sleep 0.4" || fail "record"
atcq report -i - --format json <\$TMPDIR/r.atcq >$out/guest.json || fail "report -i"
cp \$TMPDIR/r.atcq $out/r.atcq
EOF
"$lab/vm" --kernel "${LAB_KERNEL:-patched}" --share "$out" --timeout 120 --log "${LOG:-$out/log}" -- sh "$out/guest.sh"
"$O/atcq" report -i - --format json <"$out/r.atcq" >"$out/host.json"
diff "$out/guest.json" "$out/host.json"
grep -q '"incidents":1,' "$out/host.json"
grep -q '"state":"recovered"' "$out/host.json"
# Without its end marker, it is the same incident
head -c $(($(stat -c %s "$out/r.atcq") - 20)) "$out/r.atcq" >"$out/cut.atcq"
"$O/atcq" report -i "$out/cut.atcq" --format json 2>"$out/err" >"$out/cut.json"
grep -q "no end marker" "$out/err"
incidents() { sed 's/.*"incidents":\[\(.*\)\].*/\1/' "$1"; }
[ "$(incidents "$out/cut.json")" = "$(incidents "$out/host.json")" ]
