# SPDX-License-Identifier: GPL-2.0-only
# vm: --kernel patched --qemu-arg -device --qemu-arg pcie-root-port,id=rpx,chassis=98,slot=98,addr=18.0,multifunction=on --qemu-arg -device --qemu-arg ats-testdev,bus=rpx --qemu-arg -device --qemu-arg pcie-root-port,id=rpy,chassis=99,slot=99,addr=18.1 --qemu-arg -device --qemu-arg ats-testdev,bus=rpy --append pci=config_acs=10100@00:18.0;10100@00:18.1
# proves: the reset of a device attaches no PASID to a fenced device of the same group
# red: pasid-reattach FAIL: fenced, after a reset of its sibling: .*; with it 2, not 0
. tests/lab/guest/lib.sh
ats-pasid 0000:04:00.0 sibling 0000:05:00.0 || fail "ats-pasid"
