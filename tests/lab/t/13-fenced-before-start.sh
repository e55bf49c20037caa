# SPDX-License-Identifier: GPL-2.0-only
# vm: --kernel patched
# proves: a device that was fenced before atcq started is shown, and its recovery is seen
. tests/lab/guest/lib.sh
churn $dev
atsdev $other $dev never >/dev/null
wait_for "the fence" '[ "$(state $dev)" = broken ]'
atcq list | grep "$dev" | grep -q broken || fail "list: $(atcq list)"
atcq trace --duration 500ms 2>/dev/null | grep -q "$dev.*fenced before atcq started" || fail "trace does not show it"
atcq report --format json -o $TMPDIR/r.json -- sh -c "echo 1 >$sysdev/$dev/reset; sleep 0.3" || fail "report"
for kv in '"at_start":true' '"incomplete":true' '"recovered":1' '"state":"recovered"'; do
	grep -q "$kv" $TMPDIR/r.json || fail "no $kv in $(cat $TMPDIR/r.json)"
done
