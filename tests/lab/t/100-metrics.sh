# SPDX-License-Identifier: GPL-2.0-only
# vm: --kernel patched
# proves: metrics of a modelled and an injected incident: state, counters that were 0 before, durations, who is injected; and no scrape reads a configuration space
. tests/lab/guest/lib.sh
. tests/lab/guest/metrics.sh
churn $dev $other
expose
metric_is "atcq_device_state{device=\"$dev\",state=\"healthy\"}" 1
smmu=$(sed -n 's/^atcq_devices{smmu="\(.*\)"}.*/\1/p' $prom)
[ -e "/sys/class/iommu/$smmu" ] || fail "the SMMU is called '$smmu'"
grep -q "^atcq_device_info{device=\"$dev\",smmu=\"$smmu\",sid=\"0x200\",group=\"[0-9]*\",vendor=\"0x[0-9a-f]*\",model=\".*\",driver=\"vfio-pci\"," $prom ||
	fail "$(grep device_info $prom)"
metric_is "atcq_device_ats_enabled{device=\"$dev\"}" 1
for series in "atcq_incidents_total{device=\"$dev\",injected=\"false\"}" "atcq_incidents_total{device=\"$other\",injected=\"true\"}" \
	"atcq_atc_timeouts_total{device=\"$dev\",injected=\"false\"}" "atcq_resets_total{device=\"$dev\",result=\"ok\"}" \
	"atcq_incidents_closed_total{smmu=\"$smmu\",outcome=\"recovered\",injected=\"true\"}" 'atcq_faults_fired_total{fault="atc-timeout"}'; do
	metric_is "$series" 0
done
syncs=$(metric "atcq_cmd_sync_duration_seconds_count{smmu=\"$smmu\"}")
[ "$syncs" -gt 0 ] || fail "no CMD_SYNC"

trace_config
fence $dev
metric_is "atcq_device_state{device=\"$dev\",state=\"fenced\"}" 1
metric_is "atcq_device_state{device=\"$dev\",state=\"healthy\"}" 0
metric_is "atcq_device_ats_enabled{device=\"$dev\"}" 0
metric_is "atcq_incidents_open{smmu=\"$smmu\",injected=\"false\"}" 1
metric_is "atcq_incident_quarantine_duration_seconds_count{smmu=\"$smmu\",injected=\"false\"}" 1
reads=$(config_reads)
reset $dev || fail "$(cat $TMPDIR/reset.err)"
metric_is "atcq_device_state{device=\"$dev\",state=\"healthy\"}" 1
metric_is "atcq_incidents_open{smmu=\"$smmu\",injected=\"false\"}" 0
metric_is "atcq_incidents_closed_total{smmu=\"$smmu\",outcome=\"recovered\",injected=\"false\"}" 1
metric_is "atcq_resets_total{device=\"$dev\",result=\"ok\"}" 1
metric_is "atcq_atc_timeouts_total{device=\"$dev\",injected=\"false\"}" 1
metric_is "atcq_incident_recovery_duration_seconds_bucket{smmu=\"$smmu\",injected=\"false\",le=\"+Inf\"}" 1
metric_is "atcq_cmdq_errors_total{smmu=\"$smmu\",cause=\"atc-timeout\"}" 1
is "configuration spaces read while a device was fenced" "$reads" 0
[ "$(metric "atcq_cmd_sync_duration_seconds_count{smmu=\"$smmu\"}")" -gt "$syncs" ] || fail "no CMD_SYNC more"

arm atc-timeout --device $other --ttl 60s --times 1 --nth 1000000
metric_is 'atcq_faults_armed{fault="atc-timeout"}' 1
left=$(($(metric 'atcq_fault_deadline_timestamp_seconds{fault="atc-timeout"}' | sed 's/\..*//') - $(date +%s)))
{ [ $left -gt 20 ] && [ $left -le 60 ]; } || fail "the deadline is in $left s"
kill -INT "$injector"; wait "$injector"
metric_is 'atcq_faults_armed{fault="atc-timeout"}' 0
is "a deadline of nothing" "$(metric 'atcq_fault_deadline_timestamp_seconds{fault="atc-timeout"}')" ""
arm atc-timeout --device $other; fired
metric_is "atcq_incidents_total{device=\"$other\",injected=\"true\"}" 1
metric_is "atcq_incidents_total{device=\"$other\",injected=\"false\"}" 0
metric_is 'atcq_faults_fired_total{fault="atc-timeout"}' 1
metric_is "atcq_incidents_total{device=\"$dev\",injected=\"false\"}" 1

is "series of BPF's statistics" "$(grep -c ^atcq_bpf_ $prom)" 0
echo 1 >/proc/sys/kernel/bpf_stats_enabled
reset $other || fail "$(cat $TMPDIR/reset.err)"	# whose events are the programs' work
wait_for "BPF's statistics" 'grep -q "^atcq_bpf_runs_total{program=.*} [1-9]" $prom'
grep -q "^atcq_bpf_run_seconds_total{program=.*} [0-9.]*[1-9]" $prom || fail "$(grep atcq_bpf_ $prom)"
echo 0 >/proc/sys/kernel/bpf_stats_enabled
is "collectors that failed" "$(grep -c '^atcq_collector_success{.*} 0' $prom)" 0
is "events lost" "$(metric 'atcq_events_lost_total{cause="ring-buffer"}')" 0
is "mode of the file" "$(stat -c %a $prom)" 644
is "process_* beside those of node_exporter" "$(grep -c ^process_ $prom)" 0
unkeep
[ ! -e $prom ] || fail "the file outlives the daemon"
