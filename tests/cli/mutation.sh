#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# tests/lab/mutation with a machine that ends as it is asked to: shows without a kernel
# what counts as a catch. Each argument "WHERE/WHAT=END..." says how the runs of the
# scenario or test WHAT end, one after the other, and the last END holds for all that
# follow. WHERE is planted, the mutant, or patched, the kernel without the mutation. END:
# ok (the default), failed, warning (a report in the kernel's log), error, skip, begin (the
# guest cannot begin), dies (the guest ends without a result). planted/build: the mutant
# does not compile. SCENARIOS, TESTS: what the mutation names.
# Prints the table and a line with all runs; the exit status is that of tests/lab/mutation.
set -euo pipefail
top=$(cd "$(dirname "$0")/../.." && pwd)
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
export PLAN="$tmp/plan" O="$tmp/none" ATCQ_CACHE="$tmp/cache"
mkdir -p "$tmp"/tests/{lab/lib,lab/t,scenarios,mutations,regress} "$PLAN"/{planted,patched}
cp "$top"/tests/lab/{mutation,scenarios} "$tmp/tests/lab/"
cp "$top"/tests/lab/lib/scenario_out.py "$tmp/tests/lab/lib/"
for name in named quick-a quick-b late; do
	printf 'name: %s\nproves: nothing\n' "$name" >"$tmp/tests/scenarios/$name.yaml"
done
echo "slow: yes" >>"$tmp/tests/scenarios/late.yaml"
printf '# vm: --kernel patched --smp 1\n' >"$tmp/tests/lab/t/24-a-test.sh"
printf '# vm: --kernel base\n' >"$tmp/tests/lab/t/25-of-base.sh"
{
	echo "A bug is planted."
	[ -z "${SCENARIOS:-}" ] || echo "Scenarios: $SCENARIOS"
	[ -z "${TESTS:-}" ] || echo "Tests: $TESTS"
} >"$tmp/tests/mutations/planted.patch"
: >"$PLAN/runs"
echo "# none" >"$tmp/tests/mutations/regressions"

# The guest says what atcq run says there, see tests/lab/lib/scenario_out.py
cat >"$tmp/tests/lab/vm" <<'VM'
#!/bin/bash
where=patched options="$*"
while [ $# -gt 0 ] && [ "$1" != -- ]; do
	[ "$1" != --kernel ] || [ "$2" = patched ] || where=planted
	[ "$1" != --prepare ] || prepare=1
	shift
done
next() { # WHAT: sets end
	local ends=ok
	echo "$where/$1" >>"$PLAN/runs"
	[ ! -e "$PLAN/$where/$1" ] || read -r ends <"$PLAN/$where/$1"
	end=${ends%% *}
	[ "$ends" = "$end" ] || echo "${ends#* }" >"$PLAN/$where/$1"
}
if [ -n "${prepare:-}" ]; then
	[ ! -e "$PLAN/$where/build" ] || { echo "lab: it does not compile" >&2; exit 125; }
	exit 0
fi
shift
if [ "$1" = sh ]; then
	[[ $options == *"--smp 1"* ]] || exit 125
	next "$(basename "$2" .sh)"
	case $end in
	ok) exit 0 ;;
	failed) echo "FAIL: state is 'no', should be 'broken'"; exit 1 ;;
	warning) exit 126 ;;
	*) echo "lab: the guest ended without a result" >&2; exit 125 ;;
	esac
fi
n=0 rc=0
for path; do
	[[ $path == *.yaml ]] || continue
	name=$(basename "$path" .yaml) n=$((n + 1))
	next "$name"
	case $end in
	ok) echo "ok $n $name" ;;
	skip) echo "ok $n $name # SKIP not here" ;;
	failed) printf 'not ok %s %s\n# %s: incidents: 0, not 1\n' "$n" "$name" "$path"; rc=1 ;;
	error) printf 'not ok %s %s\n# error: %s: no device is left\n' "$n" "$name" "$path"; [ $rc -ne 0 ] || rc=3 ;;
	begin) echo "lab: there is no room" >&2; exit 125 ;;
	dies) exit 137 ;;
	esac
done
exit $rc
VM
chmod +x "$tmp/tests/lab/vm"
for plan; do echo "${plan#*=}" >"$PLAN/${plan%%=*}"; done
rc=0
"$tmp/tests/lab/mutation" planted || rc=$?
echo "runs: $(sort "$PLAN/runs" | paste -sd' ')"
exit $rc
