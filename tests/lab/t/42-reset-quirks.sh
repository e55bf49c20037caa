# SPDX-License-Identifier: GPL-2.0-only
# vm: --kernel patched --qemu-arg -device --qemu-arg pcie-root-port,id=rpx,chassis=97,slot=97,addr=18.0 --qemu-arg -device --qemu-arg ats-testdev,bus=rpx,vendor-id=0x8086,device-id=0x0953 --qemu-arg -device --qemu-arg pcie-root-port,id=rpy,chassis=98,slot=98,addr=19.0 --qemu-arg -device --qemu-arg ats-testdev,bus=rpy,vendor-id=0x8086,device-id=0x10ed --qemu-arg -device --qemu-arg pcie-root-port,id=rpz,chassis=99,slot=99,addr=1a.0 --qemu-arg -device --qemu-arg ats-testdev,bus=rpz,vendor-id=0x1425,device-id=0x4001
# proves: the error of the FLR inside of each device-specific reset reaches user space and the IOMMU core
# as-scenarios: reset-quirk-nvme, reset-quirk-82599-vf, reset-quirk-chelsio
. tests/lab/guest/lib.sh
for d in 0000:04:00.0 0000:05:00.0 0000:06:00.0; do
	name=$(cat $sysdev/$d/vendor):$(cat $sysdev/$d/device)
	echo device_specific >$sysdev/$d/reset_method || fail "$name has no reset quirk"
	arm reset-fail --device $d --errno EIO
	reset $d && fail "$name: the quirk swallows the error of the FLR"
	fired
	is "$name: state after a failed reset" "$(state $d)" reset-failed
	reset $d || fail "$name: a good reset: $(cat $TMPDIR/reset.err)"
	is "$name: state after a good reset" "$(state $d)" no
done
