# SPDX-License-Identifier: GPL-2.0-only
# vm: --kernel patched
# proves: direct reads of a disk with ATS invalidate, also in hard interrupts, and its timeout is blocked at once
. tests/lab/guest/lib.sh
disk=0000:01:00.0
before=$(counter $disk received)
dd if=/dev/vda of=/dev/null bs=64k count=200 iflag=direct 2>/dev/null || fail "read"
after=$(counter $disk received)
[ $((after - before)) -ge 200 ] || fail "only $((after - before)) ATC_INVs for 200 reads"
atcq inject atc-timeout --device $disk --dry-run | grep -q "would arm" || fail "dry run"
atcq report --format json -o $TMPDIR/r.json -- sh -c "
	atsdev $other $disk never >/dev/null
	dd if=/dev/vda of=/dev/null bs=64k count=1 iflag=direct 2>/dev/null &
	sleep 0.5" || fail report
is "state of the disk" "$(state $disk)" broken
grep -q '"cmdq_errors":1' $TMPDIR/r.json || fail "$(cat $TMPDIR/r.json)"
