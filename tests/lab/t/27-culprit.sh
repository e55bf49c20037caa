# SPDX-License-Identifier: GPL-2.0-only
# vm: --kernel patched --testdevs 9
# proves: of eight devices in one domain only the one that is dead loses ATS, then two at once, and the others go on
. tests/lab/guest/lib.sh
other=0000:0a:00.0	# not in the domain, its registers are free
devices="02 03 04 05 06 07 08 09"
for d in $devices; do set -- "$@" --device 0000:$d:00.0; done
vfio-churn "$@" --count 0 --interval-us 5000 >$TMPDIR/churn.json &
last=0000:09:00.0
wait_for "ATC_INVs" '[ "$(counter '$last' received)" -gt 10 ]'
check() { # BROKEN...
	for d in $devices; do
		case " $* " in
		*" $d "*) is "state of $d" "$(state 0000:$d:00.0) $(ats 0000:$d:00.0)" "broken broken" ;;
		*) is "state of $d" "$(state 0000:$d:00.0) $(ats 0000:$d:00.0)" "no on"
		   is "timeouts of $d" "$(counter 0000:$d:00.0 timeouts)" 0 ;;
		esac
	done
}
atcq report --format json -o $TMPDIR/r.json -- sh -c "
	atsdev $other 0000:05:00.0 never >/dev/null; sleep 1" || fail "report"
is "state of the culprit" "$(state 0000:05:00.0)" broken
check 05
for kv in '"incidents":1' '"innocents":7' '"open":1' '"cmdq_errors":2'; do
	grep -q "$kv" $TMPDIR/r.json || fail "no $kv in $(cat $TMPDIR/r.json)"
done
is "timeouts of the culprit: one in the list, one alone" "$(counter 0000:05:00.0 timeouts)" 2
atsdev $other 0000:02:00.0 never >/dev/null
atsdev $other 0000:09:00.0 never >/dev/null
wait_for "the fence" '[ "$(state 0000:09:00.0)$(state 0000:02:00.0)" = brokenbroken ]'
sleep 0.2
check 02 05 09
for d in 02 05 09; do
	echo 1 >$sysdev/0000:$d:00.0/reset
	is "state of $d after the FLR" "$(state 0000:$d:00.0) $(ats 0000:$d:00.0)" "no on"
done
before=$(counter $last received); sleep 0.3
[ "$(counter $last received)" -gt "$before" ] || fail "no ATC_INVs after the FLR"
