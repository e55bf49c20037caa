# SPDX-License-Identifier: GPL-2.0-only
# vm: --kernel base
# proves: on an unpatched kernel there are fewer series, the SMMU has its name, timeouts rise while nobody quarantines, and no scrape reads a configuration space
. tests/lab/guest/lib.sh
. tests/lab/guest/metrics.sh
churn_on_base $dev
expose
trace_config
smmu=$(sed -n 's/^atcq_devices{smmu="\(.*\)"}.*/\1/p' $prom)
[ -e "/sys/class/iommu/$smmu" ] || fail "the SMMU is called '$smmu'"
grep -q '^atcq_source_info{source="stock",' $prom || fail "$(grep source_info $prom)"
metric_is "atcq_incidents_total{device=\"$dev\",injected=\"false\"}" 0
wait_for "ATC_INVs" '[ "$(metric "atcq_atc_invalidations_total{device=\"$dev\"}")" -gt 0 ]'
is "series of what this kernel does not tell" "$(grep -c '^atcq_device_ats_enabled\|^atcq_atc_invalidations_suppressed' $prom)" 0
atsdev $other $dev never >/dev/null
metric_is "atcq_device_state{device=\"$dev\",state=\"timed-out\"}" 1
timeouts="atcq_atc_timeouts_total{device=\"$dev\",injected=\"false\"}"
wait_for "timeouts" '[ "$(metric "$timeouts")" -gt 0 ]'
first=$(metric "$timeouts")
wait_for "more timeouts" '[ "$(metric "$timeouts")" -gt '"$first"' ]'
metric_is "atcq_incidents_total{device=\"$dev\",injected=\"false\"}" 1
metric_is "atcq_incident_quarantine_duration_seconds_count{smmu=\"$smmu\",injected=\"false\"}" 0
is "configuration spaces read while a device was dead" "$(config_reads)" 0
reset $dev
metric_is "atcq_device_state{device=\"$dev\",state=\"healthy\"}" 1
metric_is "atcq_incidents_closed_total{smmu=\"$smmu\",outcome=\"recovered\",injected=\"false\"}" 1
[ "$(metric "atcq_cmd_sync_duration_seconds_count{smmu=\"$smmu\"}")" -gt 0 ] || fail "no CMD_SYNC"
is "collectors that failed" "$(grep -c '^atcq_collector_success{.*} 0' $prom)" 0
# One that looks into configuration spaces is seen by this test
before=$(config_reads)
atcq list >/dev/null
[ "$(config_reads)" -gt "$before" ] || fail "the trace does not see who reads a configuration space"
unkeep
