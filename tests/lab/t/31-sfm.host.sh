#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# proves: Service Failure Mode during an incident is reported once, stops nobody for good, and does not lift the block
set -uo pipefail
lab=$(cd "$(dirname "$0")/.." && pwd)
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
log=${LOG:-$dir/log}
"$lab/vm" --kernel "${LAB_KERNEL:-patched}" --timeout 120 --log "$log" --qmp "$dir/qmp" --share "$dir" -- \
	sh "$lab/guest/sfm.sh" "$dir" 2>"$dir/err" &
for ((i = 0; i < 300; i++)); do
	[ ! -e "$dir/ready" ] || break
	kill -0 $! 2>/dev/null || break
	sleep 0.1
done
[ -e "$dir/ready" ] && "$lab/qmp" "$dir/qmp" set smmu sfm true
wait $!
code=$?
# 125: there is no way left for a result to come out but the console
[ $code -eq 125 ] && grep -aq "^sfm: told 1 time" "$log" && grep -aq "^sfm: state broken" "$log" && exit 0
echo "exit status $code, 125 expected"
cat "$dir/err"
exit 1
