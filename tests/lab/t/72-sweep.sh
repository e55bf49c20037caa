# SPDX-License-Identifier: GPL-2.0-only
# vm: --kernel patched --testdevs 3
# proves: a sweep reaches every fault point that the workload gets to, tries each, and a quarantine holds in all of them
. tests/lab/guest/lib.sh
atcq run --sweep --dry-run --device $dev --max-devices 20 >$TMPDIR/dry 2>&1
grep -q "would arm sync-timeout on $dev; affects all behind its SMMU" $TMPDIR/dry || fail "dry run: $(cat $TMPDIR/dry)"
atcq run --sweep --device $dev --max-devices 20 -- true >$TMPDIR/out 2>&1
is "status when the host uses one of those affected" $? 2
grep -q -- "--force overrides this" $TMPDIR/out || fail "refusal: $(cat $TMPDIR/out)"

atcq run --sweep --device $dev --device $other --stacks 1 --max-devices 20 --force --json $TMPDIR/s.json \
	-- sh tests/lab/guest/sweep-work.sh $dev $other 0000:04:00.0 >$TMPDIR/out 2>$TMPDIR/err
code=$?
[ $code -eq 0 ] || fail "status $code: $(cat $TMPDIR/out $TMPDIR/err)"
for fault in atc-timeout sync-timeout retry-timeout gerror-late queue-full ste-sync-fail report-late \
	fence-fail reset-prepare-fail reset-late reset-fail reattach-fail notify-late; do
	grep -q "^ok [0-9]* $fault:[0-9a-f]\{8\}:1$" $TMPDIR/out || echo "$fault" >>$TMPDIR/missing
done
# Chance may have one of them take another way
[ "$(cat $TMPDIR/missing 2>/dev/null | wc -l)" -le 1 ] || fail "not tried: $(cat $TMPDIR/missing) in $(cat $TMPDIR/out)"
grep -q "^# left out: atc-timeout: [0-9]* of its [0-9]* call stacks" $TMPDIR/out || fail "not said what is left out: $(cat $TMPDIR/out)"
is "plan" "$(sed -n 's/^1\.\.//p' $TMPDIR/out)" "$(grep -c '^ok ' $TMPDIR/out)"
grep -q '"complete": true' $TMPDIR/s.json || fail "JSON: $(cat $TMPDIR/s.json)"
grep -q 'arm_smmu_cmdq_inject+0x[^"]* __arm_smmu_cmdq_issue_cmdlist' $TMPDIR/s.json || fail "no stacks: $(cat $TMPDIR/s.json)"
is "at the end" "$(state $dev) $(ats $dev) $(state $other) $(ats $other)" "no on no on"
atcq inject --status | grep -q "Nothing is armed" || fail "something is armed"
