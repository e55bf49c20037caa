# SPDX-License-Identifier: GPL-2.0-only
"""One host, one device (or several): what happened to it, and how long what took."""
from panels import dashboard, heatmap, lines, row, states, stat, steps, table

STATES = [(0, "healthy", "green"), (1, "timed-out", "yellow"), (2, "ats-blocked", "orange"), (3, "fenced", "red"),
          (4, "resetting", "blue"), (5, "reset-failed", "dark-red"), (6, "removed", "text")]
NUMBER = " or ".join(f'{n} * (atcq_device_state{{DEVICE,state="{state}"}} == 1)' for n, state, _ in STATES)
PHASES = [
    ("detection", "From the issue of the CMD_SYNC until its issuer knew of the timeout"),
    ("quarantine", "From the SMMU's error until ATS was switched off for the device"),
    ("exposure", "From the issue of the CMD_SYNC until ATS was off: a stale translation could be used"),
    ("fence", "From the SMMU's error until the IOMMU core blocked all DMA of the device"),
    ("reset", "Resets that ended an incident, from begin to end"),
    ("recovery", "From the SMMU's error until the device worked again")]
OF_SMMU = "Of all devices of the chosen hosts: histograms are by SMMU, never by device."

DASHBOARD = dashboard("atcq-device", "ATC quarantine: device", "What happened to a device, and how long what took", [
    table("Device", "What is known of the chosen devices.", "none", "No such device", "atcq_device_info{DEVICE}",
          width=24, height=5),
    states("State", "Which state the device was in; everything but healthy and removed is an incident or a reset.",
           "No such device", NUMBER, "{{instance}} {{device}}", STATES),
    stat("Incidents in this time", "Incidents that began, real ones and injected ones.", "short", "0",
         "sum(increase(atcq_incidents_total{DEVICE}[$__range]))", steps((None, "green"), (1, "orange"))),
    stat("Timeouts in this time", "ATC invalidations that the device did not answer.", "short", "0",
         "sum(increase(atcq_atc_timeouts_total{DEVICE}[$__range]))", steps((None, "green"), (1, "orange"))),
    stat("ATS is on", "How many of the chosen devices have ATS switched on. On an unpatched kernel it is not known.",
         "short", "not known", "sum(atcq_device_ats_enabled{DEVICE})"),
    stat("Last change", "When the state of a chosen device changed last.", "dateTimeAsIso", "never",
         "1000 * max(atcq_device_state_change_timestamp_seconds{DEVICE} > 0)", width=12),
    row("Invalidations"),
    lines("Timeouts a minute", "ATC invalidations that the device did not answer in time.", "cpm", "No timeouts",
          ("60 * sum by (device, injected) (rate(atcq_atc_timeouts_total{DEVICE}[$__rate_interval]))",
           "{{device}} injected={{injected}}")),
    lines("Invalidations", "sent: counted on unpatched kernels only. suppressed: not sent because the device is broken, "
          "counted on patched kernels only.", "ops", "Not counted on this kernel",
          ("sum by (device) (rate(atcq_atc_invalidations_total{DEVICE}[$__rate_interval]))", "{{device}} sent"),
          ("sum by (device) (rate(atcq_atc_invalidations_suppressed_total{DEVICE}[$__rate_interval]))", "{{device}} suppressed")),
    lines("Resets", "By result; unsupported: the device has no way to be reset that this kernel knows.", "short", "No reset",
          ("sum by (device, result) (increase(atcq_resets_total{DEVICE}[$__rate_interval]))", "{{device}} {{result}}")),
    lines("PCIe errors", "What AER reported of the device.", "short", "No error",
          ("sum by (device, severity) (increase(atcq_pcie_errors_total{DEVICE}[$__rate_interval]))", "{{device}} {{severity}}")),
    row("How long the phases of incidents took"),
    *[heatmap(phase.capitalize(), f"{what}. {OF_SMMU}", "No incident",
              f"atcq_incident_{phase}_duration_seconds", "{HOST}") for phase, what in PHASES],
    lines("Phases of real incidents", "p50 of the last day. " + OF_SMMU, "s", "No incident",
          *[(f'atcq:incident_{phase}_duration_seconds:p50_1d{{HOST,injected="false"}}', f"{{{{smmu}}}} {phase}")
            for phase, _ in PHASES], width=24, log=True),
    row("The SMMU's commands"),
    lines("CMD_SYNC", "From issue to result, of all devices behind the SMMU. Red marks: incidents.", "s", "No CMD_SYNC",
          ("atcq:cmd_sync_duration_seconds:p50_5m{HOST}", "{{smmu}} p50"),
          ("atcq:cmd_sync_duration_seconds:p99_5m{HOST}", "{{smmu}} p99"), log=True),
    heatmap("CMD_SYNC", "How many took how long.", "No CMD_SYNC", "atcq_cmd_sync_duration_seconds", "{HOST}", width=12),
    lines("CMD_SYNCs a second", "All of the SMMU.", "ops", "No CMD_SYNC", ("atcq:cmd_sync:rate_5m{HOST}", "{{smmu}}")),
    lines("Slow CMD_SYNCs", "Those that took longer than 0.98 ms, as a part of all: what the alert AtcqCmdSyncSlow looks at.",
          "percentunit", "No CMD_SYNC", ("atcq:cmd_sync_slow:ratio_5m{HOST}", "{{smmu}} 5 min"),
          ("atcq:cmd_sync_slow:ratio_1h{HOST}", "{{smmu}} 1 h")),
    lines("Failed CMD_SYNCs", "CMD_SYNCs that ended with an error, by cause.", "short", "No failure",
          ("sum by (smmu, cause) (increase(atcq_cmd_sync_failures_total{HOST}[$__rate_interval]))", "{{smmu}} {{cause}}")),
    lines("Time that others lost", "What CMD_SYNCs of others took beyond the usual because of errors of the queue.", "s",
          "None", ("sum by (smmu) (increase(atcq_sync_delay_seconds_total{HOST}[$__rate_interval]))", "{{smmu}}")),
    lines("Global errors", "What the SMMU reported in GERROR, by its bits.", "short", "No error",
          ("sum by (smmu, cause) (increase(atcq_gerrors_total{HOST}[$__rate_interval]))", "{{smmu}} {{cause}}")),
    lines("Errors of the command queue", "What the SMMU stopped its queue for, by CERROR.", "short", "No error",
          ("sum by (smmu, cause) (increase(atcq_cmdq_errors_total{HOST}[$__rate_interval]))", "{{smmu}} {{cause}}")),
    row("Faults on purpose"),
    lines("Armed", "Rules of atcq inject and atcq run, by fault point.", "short", "Nothing is armed",
          ("sum by (instance, fault) (atcq_faults_armed{HOST}) > 0", "{{instance}} {{fault}}")),
    lines("Fired", "How often a fault point did what it was told.", "short", "Nothing fired",
          ("sum by (instance, fault) (increase(atcq_faults_fired_total{HOST}[$__rate_interval])) > 0", "{{instance}} {{fault}}")),
], devices=True, annotations=[
    ("Incidents", "red", 'sum by (instance, device) (increase(atcq_incidents_total{DEVICE,injected="false"}[$__interval])) > 0',
     "{{device}}: ATC timeout"),
    ("Injected incidents", "blue",
     'sum by (instance, device) (increase(atcq_incidents_total{DEVICE,injected="true"}[$__interval])) > 0',
     "{{device}}: injected ATC timeout")])
