# SPDX-License-Identifier: GPL-2.0-only
# vm: --kernel patched --testdevs 5
# proves: while one of four devices in a domain breaks and is reset, in the middle of unmaps by several threads, the others lose not one of their writes
. tests/lab/guest/lib.sh
dev=0000:03:00.0 other=0000:06:00.0
vfio-churn --device 0000:02:00.0 --device $dev --device 0000:04:00.0 --device 0000:05:00.0 \
	--count 0 --interval-us 5000 --threads 3 --size 65536 --dma >$TMPDIR/churn.json &
pid=$!
wait_for "ATC_INVs" '[ "$(counter 0000:05:00.0 received)" -gt 100 ]'
sleep 0.5
for round in 1 2; do
	fence $dev
	sleep 0.5
	reset $dev || fail "reset in round $round: $(cat $TMPDIR/reset.err)"
	is "state after the reset in round $round" "$(state $dev) $(ats $dev)" "no on"
	sleep 0.5
done
kill $pid; wait $pid
writes() { sed "s/.*\"$2\": {[^}]*\"$1\": \([0-9]*\).*/\1/" $TMPDIR/churn.json; }
for d in 0000:02:00.0 0000:04:00.0 0000:05:00.0; do
	[ "$(writes written $d)" -gt 200 ] || fail "few writes by $d: $(cat $TMPDIR/churn.json)"
	is "writes that $d lost" "$(writes lost $d)" 0
done
[ "$(writes lost $dev)" -gt 10 ] || fail "the culprit lost no writes, so nothing was shown: $(cat $TMPDIR/churn.json)"
cat $TMPDIR/churn.json
