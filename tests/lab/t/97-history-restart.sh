# SPDX-License-Identifier: GPL-2.0-only
# vm: --kernel patched
# proves: an incident that was open when the daemon ended goes on if its device stayed blocked, and ends as unknown if it did not
. tests/lab/guest/lib.sh
mkdir -p $TMPDIR/h
db=$TMPDIR/h/history.db
churn $dev $other
row() { atcq report --db $db --device "$1" --format csv | sed -n '2,$p'; }
keep $db
fence $dev
atsdev $dev $other never >/dev/null
wait_for "the fence of $other" '[ "$(state $other)" = broken ]'
wait_for "both incidents" '[ "$(atcq report --db $db --state fenced --format csv | wc -l)" = 3 ]'
id=$(row $dev | sed 's/,.*//')
fenced=$(atcq report --db $db --incident "$id" --format json | sed 's/.*"fenced":\([0-9]*\).*/\1/')
unkeep
# One is reset and fails again while nobody watches; the other stays as it is
reset $other || fail "$(cat $TMPDIR/reset.err)"
atsdev $dev $other never >/dev/null
wait_for "the second fence of $other" '[ "$(state $other)" = broken ]'
keep $db
reset $dev || fail "$(cat $TMPDIR/reset.err)"
reset $other || fail "$(cat $TMPDIR/reset.err)"
wait_for "the ends" '[ "$(atcq report --db $db --state recovered --format csv | wc -l)" = 3 ]'
unkeep
is "incidents of $dev" "$(row $dev | wc -l)" 1
row $dev | grep -q "^$id,.*,recovered,0,0,1,0," || fail "the one that went on: $(row $dev)"
is "when it was fenced" "$(atcq report --db $db --incident "$id" --format json | sed 's/.*"fenced":\([0-9]*\).*/\1/')" "$fenced"
atcq report --db $db --incident "$id" | grep -q "recovery " || fail "its recovery time is known: raised and recovered were seen"
is "incidents of $other" "$(row $other | wc -l)" 2
row $other | grep -q ',unknown,0,0,1,0,' || fail "the one whose end nobody saw: $(row $other)"
row $other | grep -q ',recovered,0,0,1,1,' || fail "the one that was there at start: $(row $other)"
