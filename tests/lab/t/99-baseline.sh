# SPDX-License-Identifier: GPL-2.0-only
# vm: --kernel patched --testdevs 3 --icount
# proves: boots gather in a folder, and run --baseline tells slower, not slower, too few boots, and another machine apart
. tests/lab/guest/lib.sh
mkdir /tmp/base /tmp/new
run() { # STATUS OPTION...
	should=$1
	shift
	atcq run --force "$@" tests/scenarios/dead-device.yaml >/tmp/out 2>&1
	code=$?
	[ $code -eq "$should" ] || fail "status $code, not $should: $(cat /tmp/out)"
}
boot=$(cat /proc/sys/kernel/random/boot_id)
run 0 --json /tmp/base
mv "/tmp/base/$boot.json" /tmp/first.json || fail "a boot has no file of its own: $(ls /tmp/base)"
run 5 --baseline /tmp/first.json
grep -q "quarantine_ns .* not enough data: 1 and 1 boots" /tmp/out || fail "not said of what there is too little: $(cat /tmp/out)"
# The same values, as if other boots had had them, too
for i in 1 2 3 4 5 6 7 8; do
	sed "s/$boot/boot-$i/" /tmp/first.json >/tmp/base/$i.json
	cp /tmp/base/$i.json /tmp/new
done
run 0 --json /tmp/new --baseline /tmp/base
is "boots" "$(ls /tmp/new | wc -l)" 9
grep -q "None of [0-9]* gated metrics became worse" /tmp/out || fail "$(cat /tmp/out)"
# A baseline ten times as fast: each number without its last digit
sed -i '/"quarantine_ns"/s/[0-9]\([],]\)/\1/g' /tmp/base/*.json
run 4 --json /tmp/new --baseline /tmp/base
grep -q "quarantine_ns .* worse" /tmp/out || fail "$(cat /tmp/out)"
sed 's/"cpus": 1/"cpus": 64/' /tmp/first.json >/tmp/other.json
run 3 --json /tmp/new --baseline /tmp/other.json
grep -q "cpus" /tmp/out || fail "not said what differs: $(cat /tmp/out)"
