# SPDX-License-Identifier: GPL-2.0-only
# vm: --kernel patched --allow-splat
# proves: a sweep catches what breaks: an invariant, a kernel that complains, a workload without an excuse, devices that do not come back
. tests/lab/guest/lib.sh
echo flr >$sysdev/$dev/reset_method	# else the next method mends it
sweep() { # STATUS OPTION...
	should=$1
	shift
	atcq run --sweep --device $dev --max-devices 20 --force --stacks 1 "$@" -- sh $TMPDIR/work.sh >$TMPDIR/out 2>$TMPDIR/err
	code=$?
	[ $code -eq "$should" ] || fail "status $code instead of $should: $(cat $TMPDIR/out $TMPDIR/err)"
}
says() { grep -q -- "$1" $TMPDIR/out $TMPDIR/err || fail "no '$1' in: $(cat $TMPDIR/out $TMPDIR/err)"; }

# A kernel that lifts the block when a reset failed, and one that complains when a
# reset could not begin: both are forged, as this one does not. And a workload that
# has no reason to fail (run 2, queue-full) or not to end (run 4, reset-late)
cat >$TMPDIR/work.sh <<EOF
echo >>$TMPDIR/runs
if ! echo 1 >$sysdev/$dev/reset; then
	[ "\$(cat $sysdev/$dev/iommu_state/blocked)" = no ] || exec forge-event core_unblocked 0 0x200 2
	echo 'WARNING: forged by a test' >/dev/kmsg
	exit 0
fi
case \$(wc -l <$TMPDIR/runs) in
2) echo 'no patience'; exit 3 ;;
4) sleep 100 ;;
esac
EOF
sweep 1 --limit 5s --fault queue-full --fault reset-prepare-fail --fault reset-late --fault reset-fail
says "^not ok 2 queue-full:.*ended with status 3, though no device was taken away"
says "^# | no patience"
says "^not ok 3 reset-prepare-fail:.*# the kernel complains: WARNING: forged by a test"
says "^not ok 4 reset-late:.*did not end within --limit"
says "^not ok 5 reset-fail:"
says "^# reset-lifts: $dev: was unblocked after a reset that failed"
says "^# 1 ok, 4 not ok"

repeat=$(sed -n 's/^# repeat: //p' $TMPDIR/out | tail -n 1)
sh -c "$repeat" >$TMPDIR/out 2>&1
is "status of '$repeat'" $? 1
says "^not ok 2 reset-fail:"
says "^# reset-lifts"

# Somebody has the resets fail behind the sweep's back
cat >$TMPDIR/work.sh <<EOF
echo 1 >$sysdev/$dev/reset
[ -e $TMPDIR/second ] || { touch $TMPDIR/second; exit 0; }
setsid atcq inject reset-fail --device $dev --times 0 --ttl 30s --force >/dev/null 2>&1 &
until atcq inject --status | grep -q reset-fail; do sleep 0.1; done
sleep 0.3
EOF
sweep 1 --fault queue-full
says "cannot be reset"
atcq inject --stop --all >/dev/null
reset $dev || fail "reset"
is "at the end" "$(state $dev) $(ats $dev)" "no on"
