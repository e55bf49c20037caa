# SPDX-License-Identifier: GPL-2.0-only
# vm: --kernel patched
# proves: a device that is removed while it is fenced keeps its counters, and they go on when it is found again; --devices leaves out the others
. tests/lab/guest/lib.sh
. tests/lab/guest/metrics.sh
disk=0000:01:00.0
read_disk() { dd if=/dev/vda of=/dev/null bs=64k count="$1" iflag=direct 2>/dev/null; }
read_disk 2 || fail "read"
expose --devices "0000:01:*"
smmu=$(sed -n 's/^atcq_devices{smmu="\(.*\)"}.*/\1/p' $prom)
devices=$(metric "atcq_devices{smmu=\"$smmu\"}")
incidents="atcq_incidents_total{device=\"$disk\",injected=\"false\"}"
metric_is "$incidents" 0
is "series of a device that is not wanted" "$(grep -c "$dev" $prom)" 0
atsdev $other $disk never >/dev/null
read_disk 1
metric_is "atcq_device_state{device=\"$disk\",state=\"fenced\"}" 1
echo 1 >$sysdev/$disk/remove
metric_is "atcq_device_state{device=\"$disk\",state=\"removed\"}" 1
metric_is "atcq_incidents_closed_total{smmu=\"$smmu\",outcome=\"removed\",injected=\"false\"}" 1
metric_is "atcq_devices{smmu=\"$smmu\"}" $((devices - 1))
metric_is "$incidents" 1
is "ATS of a device that is gone" "$(metric "atcq_device_ats_enabled{device=\"$disk\"}")" ""
atsdev $other $disk answer >/dev/null
echo 1 >/sys/bus/pci/rescan
metric_is "atcq_device_state{device=\"$disk\",state=\"healthy\"}" 1
metric_is "atcq_devices{smmu=\"$smmu\"}" "$devices"
metric_is "$incidents" 1
metric_is "atcq_device_ats_enabled{device=\"$disk\"}" 1
unkeep
