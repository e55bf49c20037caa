# SPDX-License-Identifier: GPL-2.0-only
"""All hosts: who is quarantined now, and how often and how long that happens."""
from panels import dashboard, lines, row, stat, steps, table

BAD = steps((None, "green"), (1, "red"))
WARN = steps((None, "green"), (1, "orange"))

DASHBOARD = dashboard("atcq-fleet", "ATC quarantine: fleet", "PCIe ATC invalidation timeouts of all hosts", [
    stat("Hosts", "Hosts whose exporter answered the last scrape.", "short", "0", "count(atcq_build_info{HOST})"),
    stat("Devices with ATS", "PCI devices with ATS behind an SMMUv3, on all these hosts.", "short", "0",
         "sum(atcq_devices{HOST})"),
    stat("Quarantined now", "Devices that may not use ATS at this moment because of a timeout, or that are being "
         "reset, whether the fault was injected or not.", "short", "none",
         "sum(atcq:device_quarantined{HOST})", BAD),
    stat("Reset failed", "Devices whose reset failed: they stay quarantined until a reset works.", "short", "none",
         'sum(atcq_device_state{HOST,state="reset-failed"})', BAD),
    stat("Real timeouts, last hour", "ATC invalidations that a device did not answer, without injected ones.",
         "short", "none", 'sum(increase(atcq_atc_timeouts_total{HOST,injected="false"}[1h]))', WARN),
    stat("Exporters down", "Hosts of the job atcq that did not answer the last scrape: nothing is known of them.",
         "short", "0", "sum(1 - up{UP})", BAD),
    row("Now"),
    table("Quarantined devices", "Each device that is fenced off, being reset, or whose reset failed. Value: since when.",
          "dateTimeAsIso", "No device is quarantined",
          "1000 * (atcq_device_state_change_timestamp_seconds{HOST} "
          "and on (cluster, job, instance, device) (atcq:device_quarantined{HOST} == 1))",
          values="since", width=12),
    table("Alerts", "Alerts of dashboards/rules/alerts.yml that fire or wait; each has a section in docs/runbook.md.",
          "none", "No alert", 'ALERTS{alertname=~"Atcq.*"}', width=12),
    lines("Devices not healthy", "How many devices were in which state, but for healthy ones.", "short", "All healthy",
          ('sum by (state) (atcq_device_state{HOST,state!="healthy"})', "{{state}}"), stacked=True),
    lines("Open incidents", "Incidents that have begun and not ended.", "short", "No incident",
          ("sum by (cluster, injected) (atcq_incidents_open{HOST})", "{{cluster}} injected={{injected}}")),
    row("How often"),
    lines("ATC timeouts a minute", "ATC invalidations that were not answered in time, by cluster.", "cpm", "No timeouts",
          ("60 * sum by (cluster, injected) (rate(atcq_atc_timeouts_total{HOST}[$__rate_interval]))",
           "{{cluster}} injected={{injected}}")),
    lines("Incidents that ended, by outcome", "In each interval of the graph. unknown: the end was not seen.", "short",
          "No incident",
          ('sum by (outcome) (increase(atcq_incidents_closed_total{HOST,injected="false"}[$__rate_interval]))', "{{outcome}}")),
    table("Hosts with most real incidents", "In the time that the dashboard shows: the ten worst.", "short", "No incident",
          'topk(10, sum by (cluster, instance) (increase(atcq_incidents_total{HOST,injected="false"}[$__range])) > 0)',
          values="incidents"),
    table("Devices with most real incidents", "In the time that the dashboard shows: the ten worst, with model and slot.",
          "short", "No incident",
          'topk(10, sum by (cluster, job, instance, device) (increase(atcq_incidents_total{HOST,injected="false"}[$__range])) '
          "* on (cluster, job, instance, device) group_left (model, driver, slot) atcq_device_info > 0)",
          values="incidents"),
    row("How long"),
    lines("Recovery time", "From the SMMU's error until the device works again, real incidents of the last day.", "s",
          "No incident",
          ('cluster:atcq_incident_recovery_duration_seconds:p50_1d{cluster=~"$cluster",injected="false"}', "{{cluster}} p50"),
          ('cluster:atcq_incident_recovery_duration_seconds:p99_1d{cluster=~"$cluster",injected="false"}', "{{cluster}} p99"),
          log=True),
    lines("Exposure", "How long a stale translation could have been used, real incidents of the last day.", "s",
          "No incident",
          ('cluster:atcq_incident_exposure_duration_seconds:p50_1d{cluster=~"$cluster",injected="false"}', "{{cluster}} p50"),
          ('cluster:atcq_incident_exposure_duration_seconds:p99_1d{cluster=~"$cluster",injected="false"}', "{{cluster}} p99"),
          log=True),
    row("What runs"),
    table("Kernels", "tracepoints: a kernel with patches/linux, it quarantines. stock: it only reports timeouts.", "short",
          "No host", "count by (source, kernel) (atcq_source_info{HOST})", values="hosts"),
    table("Versions of atcq", "How many hosts run which build.", "short", "No host",
          "count by (version, revision) (atcq_build_info{HOST})", values="hosts"),
])
