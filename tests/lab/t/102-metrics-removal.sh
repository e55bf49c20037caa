# SPDX-License-Identifier: GPL-2.0-only
# vm: --kernel patched
# proves: a device that is removed while it is fenced keeps its counters, and they go on when it is found again
. tests/lab/guest/lib.sh
. tests/lab/guest/metrics.sh
churn $dev
expose --devices "0000:0[23]:*"
metric_is "atcq_incidents_total{device=\"$dev\",injected=\"false\"}" 0
is "series of a device that is not wanted" "$(grep -c '0000:01:00.0' $prom)" 0
fence $dev
metric_is "atcq_device_state{device=\"$dev\",state=\"fenced\"}" 1
smmu=$(sed -n 's/^atcq_devices{smmu="\(.*\)"}.*/\1/p' $prom)
devices=$(metric "atcq_devices{smmu=\"$smmu\"}")
# shellcheck disable=SC2086
kill $churns; wait $churns 2>/dev/null
echo 1 >$sysdev/$dev/remove
metric_is "atcq_device_state{device=\"$dev\",state=\"removed\"}" 1
metric_is "atcq_incidents_closed_total{smmu=\"$smmu\",outcome=\"removed\",injected=\"false\"}" 1
metric_is "atcq_devices{smmu=\"$smmu\"}" $((devices - 1))
metric_is "atcq_incidents_total{device=\"$dev\",injected=\"false\"}" 1
is "ATS of a device that is gone" "$(metric "atcq_device_ats_enabled{device=\"$dev\"}")" ""
atsdev $other $dev answer >/dev/null 2>&1
echo 1 >/sys/bus/pci/rescan
metric_is "atcq_device_state{device=\"$dev\",state=\"healthy\"}" 1
metric_is "atcq_devices{smmu=\"$smmu\"}" "$devices"
metric_is "atcq_incidents_total{device=\"$dev\",injected=\"false\"}" 1
unkeep
