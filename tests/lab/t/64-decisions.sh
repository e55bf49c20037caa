# SPDX-License-Identifier: GPL-2.0-only
# vm: --kernel patched
# proves: every decision of a rule can be seen, a seed replays them, and each fault point has a function of its own
. tests/lab/guest/lib.sh
functions=$(atcq inject --list --json | grep -o '"function":"[a-z_]*"' | cut -d'"' -f4)
grep "_fault_" /proc/kallsyms >$TMPDIR/kallsyms
for f in $functions; do grep " $f\$" $TMPDIR/kallsyms | cut -d" " -f1; done >$TMPDIR/addresses
is "fault points that have an address" "$(wc -l <$TMPDIR/addresses)" "$(echo "$functions" | wc -l)"
is "addresses that are two functions'" "$(sort $TMPDIR/addresses | uniq -d)" ""
grep -q '^0*$' $TMPDIR/addresses && fail "the addresses are hidden"

churn $dev
# That the queue is full once more does no harm, however often
run() { # FILE OPTIONS...
	file=$1
	shift
	atcq inject queue-full --device $dev --force --max-devices 20 --explain --json "$@" >"$file" 2>$TMPDIR/inject.err ||
		fail "inject $*: $(cat "$file" $TMPDIR/inject.err)"
	sed -n 's/.*"outcome":"\([a-z ]*\)".*"match":\([0-9]*\),.*/\2 \1/p' "$file" >"$file.decisions"
}
run $TMPDIR/interval --interval 3 --space 2 --times 3
printf '%s\n' "0 skipped by space" "1 skipped by space" "2 skipped by interval" "3 skipped by interval" "4 fired" \
	"5 skipped by interval" "6 skipped by interval" "7 fired" \
	"8 skipped by interval" "9 skipped by interval" "10 fired" >$TMPDIR/want
head -n 11 $TMPDIR/interval.decisions >$TMPDIR/got
diff $TMPDIR/want $TMPDIR/got || fail "the decisions of interval and space (< wanted, > made)"
run $TMPDIR/nth --nth 3
is "the decisions of nth" "$(head -n 3 $TMPDIR/nth.decisions | tr '\n' ,)" "0 skipped by nth,1 skipped by nth,2 fired,"
atcq inject queue-full --device $dev --force --max-devices 20 --explain --cpu 1000 --ttl 300ms >$TMPDIR/cpu 2>$TMPDIR/inject.err
is "exit status of what never fired" $? 5
grep -q "queue-full  $dev  cpu .*  no match" $TMPDIR/cpu || fail "no word of what did not match: $(head -n 3 $TMPDIR/cpu)"

run $TMPDIR/seed.a --probability 40 --seed 7 --times 20
run $TMPDIR/seed.b --probability 40 --seed 7 --times 20
run $TMPDIR/seed.c --probability 40 --seed 8 --times 20
for f in a b c; do sed '/exhausted/d' $TMPDIR/seed.$f.decisions | head -n 30 >$TMPDIR/seed.$f.first; done
[ "$(wc -l <$TMPDIR/seed.a.first)" -ge 25 ] || fail "only $(wc -l <$TMPDIR/seed.a.first) decisions"
cmp $TMPDIR/seed.a.first $TMPDIR/seed.b.first || fail "the same seed decides otherwise"
cmp -s $TMPDIR/seed.a.first $TMPDIR/seed.c.first && fail "another seed decides alike"
for what in fired "skipped by probability"; do grep -q "$what" $TMPDIR/seed.a.first || fail "never: $what"; done
is "the device" "$(state $dev) $(ats $dev)" "no on"
