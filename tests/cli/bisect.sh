#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# tests/lab/bisect with a machine that only reads the source: a tree of nine commits, in
# which one breaks the driver and two do not build. Prints what it finds.
set -euo pipefail
top=$(cd "$(dirname "$0")/../.." && pwd)
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
export ATCQ_CACHE="$tmp/cache"
mkdir -p "$tmp/tests/lab/lib" "$tmp/tree/drivers"
cp "$top/tests/plain-path" "$tmp/tests/"
cp "$top/tests/lab/bisect" "$tmp/tests/lab/"
cp "$top"/tests/lab/lib/{common,gate}.sh "$tmp/tests/lab/lib/"
printf 'atcq:\n\t@true\n' >"$tmp/Makefile"
# A kernel that does not build is 125, one with the bug ends with the status that it says
cat >"$tmp/tests/lab/vm" <<'VM'
#!/bin/bash
while [ "${1:-}" != --kernel ]; do shift; done
driver="${2#tree:}/drivers/driver.c"
if grep -q broken "$driver"; then exit 125; fi
[[ " $* " != *" --prepare "* ]] || exit 0
if grep -q bug "$driver"; then exit "${BUG_STATUS:-1}"; fi
VM
# The same of a scenario, which is one file, whatever folder the step runs in
cat >"$tmp/tests/lab/scenarios" <<'S'
#!/bin/bash
[ "$1 $3" = "--kernel --bisect" ] && [ -r "$4" ] && [ $# -eq 4 ] || exit 3
if grep -q bug "${2#tree:}/drivers/driver.c"; then exit 1; fi
S
touch "$tmp/dead.yaml"
chmod +x "$tmp"/tests/lab/{vm,scenarios}
cd "$tmp/tree"
git init -q -b main .
commit() { echo "$1" >>drivers/driver.c; git add -A; git -c user.name=t -c user.email=t@example.org commit -qm "$1"; }
commit first
git tag good
for c in second broken; do commit $c; done
sed -i /broken/d drivers/driver.c
for c in fourth bug sixth broken; do commit $c; done
sed -i /broken/d drivers/driver.c
for c in eighth ninth; do commit $c; done
cd "$tmp"
rc=0
judge=(-- true)
[ "${JUDGE:-}" != scenario ] || judge=(dead.yaml)
tests/lab/bisect --tree tree good main "$@" "${judge[@]}" 2>"$tmp/err" | grep -E 'is the first bad commit|^    [a-z]' || rc=${PIPESTATUS[0]}
[ $rc -eq 0 ] || tail -n 3 "$tmp/err"
git -C tree symbolic-ref --short HEAD
if [ -n "$(git -C tree status --porcelain)" ] || [ -e tree/.git/BISECT_LOG ]; then
	echo "the tree is not as it was"
	rc=1
fi
exit $rc
