# SPDX-License-Identifier: GPL-2.0-only
# vm: --kernel patched --qemu-arg -device --qemu-arg pcie-root-port,id=rpx,chassis=99,slot=99,addr=18.0 --qemu-arg -device --qemu-arg ats-testdev,id=tx,bus=rpx,vendor-id=0x1b4b,device-id=0x9123
# proves: a device with two Stream IDs, by a DMA-alias quirk, loses ATS for both and gets it back for both
# as-scenarios: two-stream-ids
. tests/lab/guest/lib.sh
alias=0000:04:00.0
is "Stream IDs" "$(cat $sysdev/$alias/arm-smmu-v3/stream_ids)" "0x400 0x401"
vfio-churn --device $alias --count 0 --interval-us 5000 >$TMPDIR/churn.json &
wait_for "ATC_INVs" '[ "$(counter '$alias' received)" -gt 10 ]'
atsdev $other $alias never >/dev/null
wait_for "the fence" '[ "$(state '$alias')" = broken ]'
is "ATS" "$(ats $alias)" broken
before=$(counter $alias received)
sleep 0.3
is "ATC_INVs after the fence" "$(counter $alias received)" "$before"
echo 1 >$sysdev/$alias/reset
is "state after the FLR" "$(state $alias) $(ats $alias)" "no on"
wait_for "ATC_INVs after the FLR" '[ "$(counter '$alias' received)" -gt '$before' ]'
