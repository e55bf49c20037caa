# SPDX-License-Identifier: GPL-2.0-only
# vm: --kernel patched
# proves: each incident that is over goes to the journal with a message id and fields; without a journal that is said once and nothing else changes
. tests/lab/guest/lib.sh
mkdir -p $TMPDIR/h
db=$TMPDIR/h/history.db
churn $dev
keep $db
is "times that no journal was told" "$(grep -c "no journal here" $TMPDIR/daemon.err)" 1
unkeep
journal-stub >$TMPDIR/journal &
stub=$!
wait_for "the journal" '[ -S /run/systemd/journal/socket ]'
keep $db
grep -q "no journal" $TMPDIR/daemon.err && fail "$(cat $TMPDIR/daemon.err)"
fence $dev
reset $dev || fail "$(cat $TMPDIR/reset.err)"
wait_for "the message" 'grep -q "^ATCQ_INCIDENT=" $TMPDIR/journal'
id=$(atcq report --db $db --format csv | sed -n '2s/,.*//p')
for field in MESSAGE_ID=5c1a9f4e0b7d4c0d9d6b8e3f2a714c55 "ATCQ_INCIDENT=$id" "ATCQ_DEVICE=$dev" ATCQ_SMMU=0 \
	ATCQ_STATE=recovered ATCQ_INJECTED=0 ATCQ_INCOMPLETE=0 ATCQ_ATC_TIMEOUTS=1 PRIORITY=4 SYSLOG_IDENTIFIER=atcq; do
	is "lines $field" "$(grep -cx "$field" $TMPDIR/journal)" 1
done
grep -q "^MESSAGE=$dev: ATC invalidation timeout, recovered after .* (incident $id)\$" $TMPDIR/journal || fail "$(cat $TMPDIR/journal)"
grep -qE '^ATCQ_RECOVERY_DURATION_NS=[0-9]+$' $TMPDIR/journal || fail "$(cat $TMPDIR/journal)"
grep -qE '^ATCQ_RAISED_NS=[0-9]+$' $TMPDIR/journal || fail "$(cat $TMPDIR/journal)"
# A journal that comes back gets what is new, and nothing twice
kill $stub; rm /run/systemd/journal/socket
journal-stub >$TMPDIR/journal2 &
wait_for "the journal" '[ -S /run/systemd/journal/socket ]'
unkeep
keep $db
sleep 0.5
is "messages after a restart" "$(grep -c . $TMPDIR/journal2)" 0
unkeep
