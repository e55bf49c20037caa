# SPDX-License-Identifier: GPL-2.0-only
# vm: --kernel mutant:tests/regress/group-may-lack-domain.patch --qemu-arg -global --qemu-arg arm-smmuv3.asid16=off
# not-on-debug: one more kernel would have to be built
# proves: a device that got no domain, since there was no ASID left, can be reset, and gets one when there is
# red: no-domain Unable to handle kernel NULL pointer dereference
. tests/lab/guest/lib.sh
type() { cat "$sysdev/$dev/iommu_group/type"; }
find_it() {
	echo 1 >/sys/bus/pci/rescan
	wait_for "the device" '[ -e '$sysdev/$dev/iommu_state/blocked' ]'
}
is "type of the domain" "$(type)" DMA
echo 1 >$sysdev/$dev/remove
asid-hog $other >$TMPDIR/hog &
hog=$!
wait_for "the end of the ASIDs" 'grep -q "page tables" $TMPDIR/hog || ! kill -0 $hog 2>/dev/null'
find_it
is "type of the domain without an ASID" "$(type)" unknown
reset $dev || fail "reset: $(cat $TMPDIR/reset.err)"
is "state after the reset" "$(state $dev)" no
kill $hog; wait $hog
echo 1 >$sysdev/$dev/remove
find_it
is "type of the domain at the end" "$(type)" DMA
reset $dev || fail "reset at the end: $(cat $TMPDIR/reset.err)"
churn $dev
