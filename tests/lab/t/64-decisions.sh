# SPDX-License-Identifier: GPL-2.0-only
# vm: --kernel patched
# proves: every decision of a rule can be seen, a seed replays them, and each fault point has a function of its own
. tests/lab/guest/lib.sh
functions=$(atcq inject --list --json | grep -o '"function":"[a-z_]*"' | cut -d'"' -f4)
grep "_fault_" /proc/kallsyms >/tmp/kallsyms
for f in $functions; do grep " $f\$" /tmp/kallsyms | cut -d" " -f1; done >/tmp/addresses
is "fault points that have an address" "$(wc -l </tmp/addresses)" "$(echo "$functions" | wc -l)"
is "addresses that are two functions'" "$(sort /tmp/addresses | uniq -d)" ""
grep -q '^0*$' /tmp/addresses && fail "the addresses are hidden"

churn $dev
# That the queue is full once more does no harm, however often
run() { # FILE OPTIONS...
	file=$1
	shift
	atcq inject queue-full --device $dev --force --max-devices 20 --explain --json "$@" >"$file" 2>/tmp/inject.err ||
		fail "inject $*: $(cat "$file" /tmp/inject.err)"
	sed -n 's/.*"outcome":"\([a-z ]*\)".*"match":\([0-9]*\),.*/\2 \1/p' "$file" >"$file.decisions"
}
run /tmp/interval --interval 3 --space 2 --times 3
printf '%s\n' "0 skipped by space" "1 skipped by space" "2 skipped by interval" "3 skipped by interval" "4 fired" \
	"5 skipped by interval" "6 skipped by interval" "7 fired" \
	"8 skipped by interval" "9 skipped by interval" "10 fired" >/tmp/want
head -n 11 /tmp/interval.decisions >/tmp/got
diff /tmp/want /tmp/got || fail "the decisions of interval and space (< wanted, > made)"
run /tmp/nth --nth 3
is "the decisions of nth" "$(head -n 3 /tmp/nth.decisions | tr '\n' ,)" "0 skipped by nth,1 skipped by nth,2 fired,"
atcq inject queue-full --device $dev --force --max-devices 20 --explain --cpu 1000 --ttl 300ms >/tmp/cpu 2>/tmp/inject.err
is "exit status of what never fired" $? 5
grep -q "queue-full  $dev  cpu .*  no match" /tmp/cpu || fail "no word of what did not match: $(head -n 3 /tmp/cpu)"

run /tmp/seed.a --probability 40 --seed 7 --times 20
run /tmp/seed.b --probability 40 --seed 7 --times 20
run /tmp/seed.c --probability 40 --seed 8 --times 20
for f in a b c; do sed '/exhausted/d' /tmp/seed.$f.decisions | head -n 30 >/tmp/seed.$f.first; done
[ "$(wc -l </tmp/seed.a.first)" -ge 25 ] || fail "only $(wc -l </tmp/seed.a.first) decisions"
cmp /tmp/seed.a.first /tmp/seed.b.first || fail "the same seed decides otherwise"
cmp -s /tmp/seed.a.first /tmp/seed.c.first && fail "another seed decides alike"
for what in fired "skipped by probability"; do grep -q "$what" /tmp/seed.a.first || fail "never: $what"; done
is "the device" "$(state $dev) $(ats $dev)" "no on"
