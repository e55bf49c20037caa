# SPDX-License-Identifier: GPL-2.0-only
# vm: --kernel patched
# proves: SIGKILL at any moment loses no incident that was told, nothing is torn, and the next daemon ends what was open
. tests/lab/guest/lib.sh
mkdir -p $TMPDIR/h
db=$TMPDIR/h/history.db
journal-stub >$TMPDIR/journal &
told() { sed -n 's/^ATCQ_INCIDENT=//p' $TMPDIR/journal | sort -u; }
recoveries() { grep -c '^ATCQ_STATE=recovered' $TMPDIR/journal; }
churn $dev
rounds=0
# Killed at a moment of the incident, before its begin until after its end, or once it was told
for moment in 0 0.03 told 0.2 0.5 told; do
	keep $db
	# What the one before could not tell comes at the start
	sleep 0.2
	before=$(recoveries)
	(fence $dev; reset $dev) &
	incident=$!
	if [ $moment = told ]; then
		wait_for "the journal's message" '[ "$(recoveries)" -gt '"$before"' ]'
	else
		sleep $moment
	fi
	kill -9 $daemon
	wait $incident
	rounds=$((rounds + 1))
	wait_for "the end of the incident" '[ "$(state $dev)" = no ]'
done
keep $db
unkeep
atcq report --db $db --format csv >$TMPDIR/all.csv || fail "report"
for id in $(told); do
	grep -q "^$id," $TMPDIR/all.csv || fail "$id was told and is not there: $(cat $TMPDIR/all.csv)"
	atcq report --db $db --incident "$id" >/dev/null 2>$TMPDIR/err || fail "$id cannot be read: $(cat $TMPDIR/err)"
	[ ! -s $TMPDIR/err ] || fail "$id: $(cat $TMPDIR/err)"
done
# Everything that is over has been told, at least once
for id in $(sed -n '2,$s/,.*//p' $TMPDIR/all.csv); do
	told | grep -qx "$id" || fail "$id was not told"
done
kept=$(($(wc -l <$TMPDIR/all.csv) - 1))
recovered=$(grep -c ',recovered,0,0,0,0,' $TMPDIR/all.csv)
echo "$rounds incidents: $kept kept, $recovered to their end, $(grep -c ',unknown,0,0,1,' $TMPDIR/all.csv) with an end that nobody saw"
[ "$kept" -le $rounds ] || fail "more incidents than there were: $(cat $TMPDIR/all.csv)"
[ "$recovered" -ge 2 ] || fail "two were told, and so seen to their end: $(cat $TMPDIR/all.csv)"
grep -q ',[a-z][a-z-]*,1,' $TMPDIR/all.csv && fail "still open: $(cat $TMPDIR/all.csv)"
exit 0
