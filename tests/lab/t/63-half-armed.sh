# SPDX-License-Identifier: GPL-2.0-only
# vm: --kernel patched
# proves: a second injector is refused, one that fails at any step of arming leaves nothing, and one whose device is removed disarms and says so
. tests/lab/guest/lib.sh
before=$(bpf-count)
arm atc-timeout --device $other --ttl 60s
atcq inject atc-timeout --device $other >$TMPDIR/out 2>&1
is "exit status of a second injector" $? 3
grep -q "atc-timeout is armed on $other already, by process $injector" $TMPDIR/out || fail "$(cat $TMPDIR/out)"
atcq inject --stop $injector >/dev/null || fail "stop"
wait $injector
is "exit status of the stopped one" $? 5

# Each step of loading and attaching needs a descriptor: let each of them fail
refused=0
for limit in 4 6 8 10 12 14 16 18 20 22 24 26 28 30 32 36 40 64; do
	# shellcheck disable=SC3045 # busybox has it
	(ulimit -n $limit; exec atcq inject atc-timeout retry-timeout ste-sync-fail fence-fail reset-fail \
		--device $other --ttl 1ms) >$TMPDIR/out 2>&1
	code=$?
	[ $code -eq 5 ] && break
	is "exit status with $limit descriptors" $code 3
	grep -q "^atcq inject: " $TMPDIR/out || fail "no sentence with $limit descriptors: $(cat $TMPDIR/out)"
	grep -q Armed $TMPDIR/out && fail "armed with $limit descriptors: $(cat $TMPDIR/out)"
	refused=$((refused + 1))
done
echo "refused with $refused limits, armed with $limit descriptors"
is "exit status with enough descriptors" $code 5
[ $refused -ge 6 ] || fail "only $refused steps failed"
wait_for "the end of all BPF programs" '[ "$(bpf-count)" = '"$before"' ]'
is "what is left over" "$(ls /run/atcq)" ""

disk=0000:01:00.0
for again in no yes; do
	arm atc-timeout --device $disk --space 1000000 --ttl 60s
	echo 1 >$sysdev/$disk/remove
	[ $again = yes ] && echo 1 >/sys/bus/pci/rescan
	wait $injector
	is "exit status when the device is removed (found again: $again)" $? 3
	grep -q "$disk was removed: disarmed" $TMPDIR/inject.err || fail "$(cat $TMPDIR/inject.err)"
	[ $again = yes ] || echo 1 >/sys/bus/pci/rescan
	wait_for "the device" '[ -e '$sysdev/$disk/iommu_state/blocked' ]'
	wait_for "its disk" '[ -e /dev/vda ]'
done
dd if=/dev/vda of=/dev/null bs=64k count=4 iflag=direct 2>/dev/null || fail "the disk does not work"
is "the new device at its place" "$(state $disk) $(ats $disk)" "no on"
wait_for "the end of all BPF programs" '[ "$(bpf-count)" = '"$before"' ]'
is "what is left over at the end" "$(ls /run/atcq)" ""
