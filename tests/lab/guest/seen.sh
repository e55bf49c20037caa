# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh disable=SC1091,SC2154,SC2086
# In the guest, on whatever kernel: a device stops answering ATC invalidations and is
# reset by an FLR. Fails unless atcq tells one incident of that device, with the number
# of CMDQ errors that the kernel's log has, the FLR's result, and which phases are
# unknown. Its last line, for tests/lab/matrix: "seen" and what was, separated by |.
# "$1" is "all" where all phases are told.
. tests/lab/guest/lib.sh
# Everything here on one CPU, GERROR on the other
gerror_to 2
taskset -p 1 $$ >/dev/null
# The driver prints each, and the patched one what it made of it
errors() { dmesg | grep -c "CMDQ error\|ATC_INV timeout, ATS is off"; }

churn $dev
before=$(errors)
atcq report --format json -o $TMPDIR/r.json -- sh -c "
	atsdev $other $dev never >/dev/null; sleep 0.5
	echo 1 >$sysdev/$dev/reset; sleep 0.3" || fail "atcq report"
logged=$(($(errors) - before))
[ "$logged" -ge 1 ] || fail "the kernel logged no CMDQ error"
for kv in '"incidents":1' '"recovered":1' '"resets_ok":1' "\"cmdq_errors\":$logged" \
	'"events_lost":0' "\"device\":\"$dev\"" '"state":"recovered"'; do
	grep -q "$kv" $TMPDIR/r.json || fail "no $kv in $(cat $TMPDIR/r.json)"
done
[ "$(value $TMPDIR/r.json gerrors)" -ge 1 ] || fail "no global error: $(cat $TMPDIR/r.json)"
unknown=$(sed 's/.*"unknown_phases":\[\([^]]*\)\].*/\1/' $TMPDIR/r.json | tr -d '"')
if [ "${1:-}" = all ]; then
	is "phases unknown" "$unknown" ""
else
	is "phases unknown" "$unknown" "issued,detected,blocked,fenced"
	grep -q '"flr":{"count":1,"result":0}' $TMPDIR/r.json || fail "no FLR in $(cat $TMPDIR/r.json)"
	grep -q '"incomplete":true' $TMPDIR/r.json || fail "not incomplete"
	grep -q "\"atc_invs_by_device\":\[{\"device\":\"$dev\",\"smmu\":0,\"sid\":512," $TMPDIR/r.json || fail "no ATC_INVs of $dev in $(cat $TMPDIR/r.json)"
	atcq doctor | grep -q "MISSING  seen: all phases.*unknown: issued, detected, blocked, fenced" || fail "doctor: $(atcq doctor)"
fi
for phase in raised reset_begin reset_end recovered; do
	grep -q "\"$phase\":[0-9]" $TMPDIR/r.json || fail "no $phase in $(cat $TMPDIR/r.json)"
done
syncs=$(sed 's/.*"cmd_syncs":\[{"smmu":0,"count":\([0-9]*\).*/\1/' $TMPDIR/r.json)
[ "$syncs" -gt 20 ] || fail "only $syncs CMD_SYNCs"
how=$(atcq doctor | sed -n 's/^ok *seen: CMD_SYNCs.* \([a-z]*\) .*arm_smmu.*/\1/p')
kill $churns
recovery=$(sed 's/.*"recovery":{"count":1,"min":\([0-9]*\).*/\1/' $TMPDIR/r.json)
echo "seen|$(uname -r)|${how:-tracepoints}|$logged of $logged|$syncs|ok|$((recovery / 1000000)) ms|${unknown:-none}"
