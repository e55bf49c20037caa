# SPDX-License-Identifier: GPL-2.0-only
# vm: --kernel base --qemu-arg -device --qemu-arg pcie-root-port,id=rpx,chassis=99,slot=99,addr=18.0 --qemu-arg -blockdev --qemu-arg driver=null-co,node-name=null,size=1048576 --qemu-arg -device --qemu-arg virtio-blk-pci,id=vdx,bus=rpx,drive=null,disable-legacy=on,iommu_platform=on,ats=on --qemu-arg -accel --qemu-arg tcg,thread=single
# proves: on an unpatched kernel, an incident of a device whose slot is switched off meanwhile ends as removed
. tests/lab/guest/lib.sh
gerror_to 2
taskset -p 1 $$ >/dev/null
disk=0000:04:00.0
is "what is in slot 99" "$(cat /sys/bus/pci/slots/99/address)" 0000:04:00
block=$(basename "$(echo $sysdev/$disk/virtio*/block/*)")
read_disk() { dd if=/dev/"$block" of=/dev/null bs=64k count="$1" iflag=direct 2>/dev/null; }
slot() {
	read_disk 4 || fail "read"
	atsdev $other $disk never >/dev/null
	read_disk 1
	sleep 0.3
	echo 0 >/sys/bus/pci/slots/99/power || fail "power off"
}
[ "${1:-}" != slot ] || { slot; exit 0; }
atcq report --format json -o $TMPDIR/r.json -- sh tests/lab/t/82-slot.sh slot || fail "report"
[ ! -e $sysdev/$disk ] || fail "still there"
for kv in '"incidents":1' '"removed":1' '"open":0' "\"device\":\"$disk\".*\"state\":\"removed\""; do
	grep -q "$kv" $TMPDIR/r.json || fail "no $kv in $(cat $TMPDIR/r.json)"
done
