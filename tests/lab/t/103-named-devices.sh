# SPDX-License-Identifier: GPL-2.0-only
# vm: --kernel patched --testdevs 3
# proves: run, inject and reset take exactly the device that is named, or refuse before anything is touched
. tests/lab/guest/lib.sh
third=0000:04:00.0
before=$(counter $dev received)-$(counter $other received)-$(counter $third received)
refused() { # TEXT COMMAND...
	text=$1
	shift
	"$@" >$TMPDIR/out 2>&1
	is "exit status of '$*'" $? 2
	grep -q -- "$text" $TMPDIR/out || fail "'$*' does not say '$text': $(cat $TMPDIR/out)"
}
run() { atcq run --force --repeat 1 "$@" tests/scenarios/dead-device.yaml; }
refused "a=0000:77:00.0: there is no such device" run --device a=0000:77:00.0
refused "'dead-device' has no device 'z', it has: a, b" run --device z=$dev
refused "has no device 'z'" atcq run --force --device z=$dev tests/scenarios/dead-device.yaml tests/scenarios/injected-timeout.yaml
refused "'a' is given twice" run --device a=$dev --device a=$other
refused "$dev is given to two names" run --device a=$dev --device b=2:0.0
refused "'100000002:00.0' is not a PCI address" run --device a=100000002:00.0
refused "'$dev.1' is not a PCI address" run --device a=$dev.1
refused "'a' is to be an ATS test device in scenario 'dead-device'" run --device a=0000:01:00.0
refused "does not have ATS" run --device a=0000:00:01.0
refused "'100000002:00.0' is not a PCI address" atcq reset 100000002:00.0 --force
refused "100000002:00.0: not a PCI address" atcq inject atc-timeout --device 100000002:00.0 --ttl 100ms --force
sid=$(sed 's/ .*//' "$sysdev/$dev/arm-smmu-v3/stream_ids")
refused "$other is not meant by the other selectors" atcq inject atc-timeout --device $dev --device $other --sid "$sid" --ttl 100ms --force
refused "0000:00:01.0 .* does not have ATS" atcq inject atc-timeout --device 0000:00:01.0 --device '0000:02:*' --ttl 100ms --force
is "ATC_INVs of the three" "$(counter $dev received)-$(counter $other received)-$(counter $third received)" "$before"
for d in $dev $other $third; do
	[ ! -e "$sysdev/$d/driver" ] || fail "$d was bound to a driver"
done

# What is named is what dies; another name does not take it, though it would come first
run --device b=$dev --device a=$third >$TMPDIR/out 2>&1 || fail "run: $(cat $TMPDIR/out)"
is "timeouts of $dev" "$(counter $dev timeouts)" 0
is "timeouts of $third" "$(counter $third timeouts)" 1
run --device b=$dev >$TMPDIR/out 2>&1 || fail "run: $(cat $TMPDIR/out)"
is "timeouts of $dev" "$(counter $dev timeouts)" 0
is "timeouts of $other" "$(counter $other timeouts)" 1
