# SPDX-License-Identifier: GPL-2.0-only
# vm: --kernel patched --qemu-arg -device --qemu-arg pcie-root-port,id=rpx,chassis=99,slot=99,addr=18.0 --qemu-arg -blockdev --qemu-arg driver=null-co,node-name=null,size=1048576 --qemu-arg -device --qemu-arg virtio-blk-pci,id=vdx,bus=rpx,drive=null,disable-legacy=on,iommu_platform=on,ats=on
# not-on-debug: pciehp of mainline takes reset_lock and pci_rescan_remove_lock in both orders when a slot is switched off, which lockdep reports
# proves: the slot of a fenced device can be switched off, also in the middle of the device's reset, and nothing waits for ever
. tests/lab/guest/lib.sh
break_disk() { # DEVICE
	atsdev $other "$1" never >/dev/null
	dd if=/dev/"$(basename "$(echo "$sysdev/$1"/virtio*/block/*)")" of=/dev/null bs=64k count=1 iflag=direct 2>/dev/null
	wait_for "the fence of $1" '[ "$(state '"$1"')" = broken ]'
}
is "what is in slot 1" "$(cat /sys/bus/pci/slots/1/address)" 0000:01:00
is "what is in slot 99" "$(cat /sys/bus/pci/slots/99/address)" 0000:04:00
break_disk 0000:01:00.0
echo 0 >/sys/bus/pci/slots/1/power || fail "power off"
[ ! -e $sysdev/0000:01:00.0 ] || fail "still there"

break_disk 0000:04:00.0
echo 1 >$sysdev/0000:04:00.0/reset &
sleep 0.05
echo 0 >/sys/bus/pci/slots/99/power || fail "power off during a reset"
wait
[ ! -e $sysdev/0000:04:00.0 ] || fail "still there"
is "the other device" "$(state $other) $(ats $other)" "no on"
