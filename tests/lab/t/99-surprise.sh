# SPDX-License-Identifier: GPL-2.0-only
# vm: --kernel patched --qemu-arg -device --qemu-arg pcie-root-port,id=rpx,chassis=99,slot=99,addr=18.0 --qemu-arg -blockdev --qemu-arg driver=null-co,node-name=null,size=1048576 --qemu-arg -device --qemu-arg virtio-blk-pci,id=vdx,bus=rpx,drive=null,disable-legacy=on,iommu_platform=on,ats=on
# not-on-debug: pciehp of mainline takes reset_lock and pci_rescan_remove_lock in both orders when a slot is switched off, which lockdep reports
# proves: what pciehp says when the slot of a broken device loses its power, asked by nobody, is in the device's incident, which ends as removed
. tests/lab/guest/lib.sh
disk=0000:04:00.0 port=0000:00:18.0
byte() { od -An -tu1 -j"$2" -N1 $sysdev/"$1"/config | tr -d ' '; }
# The port's PCI Express capability, and its Slot Control
at=$(byte $port 52)
while [ "$(byte $port "$at")" != 16 ]; do at=$(byte $port $((at + 1))); done
control=$((at + 24))
block=$(basename "$(echo $sysdev/$disk/virtio*/block/*)")
surprise() {
	atsdev $other $disk never >/dev/null
	dd if=/dev/"$block" of=/dev/null bs=64k count=1 iflag=direct 2>/dev/null
	wait_for "the fence" '[ "$(state '$disk')" = broken ]'
	# Power and its indicator off, behind pciehp's back
	printf "\\$(printf %o "$(byte $port $control)")\\007" |
		dd of=$sysdev/$port/config bs=2 seek=$((control / 2)) conv=notrunc 2>/dev/null
	wait_for "the removal" '[ ! -e '$sysdev/$disk' ]'
	sleep 0.3
}
[ "${1:-}" != surprise ] || { surprise; exit 0; }
atcq report --format json -o /tmp/r.json -- sh tests/lab/t/99-surprise.sh surprise || fail "report"
for kv in '"incidents":1' '"removed":1' '"open":0' "\"device\":\"$disk\".*\"state\":\"removed\"" \
	'"neighbours":\[.*"kind":"hotplug","device":"'$port'"'; do
	grep -q "$kv" /tmp/r.json || fail "no $kv in $(cat /tmp/r.json; dmesg | tail -n 8)"
done
sed 's/.*"neighbours":\(\[[^]]*\]\).*/\1/' /tmp/r.json
