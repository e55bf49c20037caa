# SPDX-License-Identifier: GPL-2.0-only
# vm: --kernel patched --testdevs 3 --icount
# proves: boots gather in a folder, and run --baseline tells slower, not slower, too few boots, and another machine apart
. tests/lab/guest/lib.sh
mkdir $TMPDIR/base $TMPDIR/new
run() { # STATUS OPTION...
	should=$1
	shift
	atcq run --force "$@" tests/scenarios/dead-device.yaml >$TMPDIR/out 2>&1
	code=$?
	[ $code -eq "$should" ] || fail "status $code, not $should: $(cat $TMPDIR/out)"
}
boot=$(cat /proc/sys/kernel/random/boot_id)
run 0 --json $TMPDIR/base
mv "$TMPDIR/base/$boot.json" $TMPDIR/first.json || fail "a boot has no file of its own: $(ls $TMPDIR/base)"
run 5 --baseline $TMPDIR/first.json
grep -q "quarantine_ns .* not enough data: 1 and 1 boots" $TMPDIR/out || fail "not said of what there is too little: $(cat $TMPDIR/out)"
# The same values, as if other boots had had them, too
for i in 1 2 3 4 5 6 7 8; do
	sed "s/$boot/boot-$i/" $TMPDIR/first.json >$TMPDIR/base/$i.json
	cp $TMPDIR/base/$i.json $TMPDIR/new
done
run 0 --json $TMPDIR/new --baseline $TMPDIR/base
is "boots" "$(ls $TMPDIR/new | wc -l)" 9
grep -q "None of [0-9]* gated metrics became worse" $TMPDIR/out || fail "$(cat $TMPDIR/out)"
# A baseline ten times as fast: each number without its last digit
sed -i '/"quarantine_ns"/s/[0-9]\([],]\)/\1/g' $TMPDIR/base/*.json
run 4 --json $TMPDIR/new --baseline $TMPDIR/base
grep -q "quarantine_ns .* worse" $TMPDIR/out || fail "$(cat $TMPDIR/out)"
sed 's/"cpus": 1/"cpus": 64/' $TMPDIR/first.json >$TMPDIR/other.json
run 3 --json $TMPDIR/new --baseline $TMPDIR/other.json
grep -q "cpus" $TMPDIR/out || fail "not said what differs: $(cat $TMPDIR/out)"
