// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "family.h"
#include "model.h"

#define C FAMILY_COUNTER
#define G FAMILY_GAUGE
#define H FAMILY_HISTOGRAM
#define ROW(name, type, life, labels, emit, help) \
	{ "atcq_" name, type, life, labels, help, NULL, emit__##emit }
#define HISTOGRAM(name, life, bounds, labels, emit, help) \
	{ "atcq_" name "_duration_seconds", H, life, labels, help, &bounds, emit__##emit }
#define PROCESS(name, type, emit, help) \
	{ "process_" name, type, LIFE_ALWAYS, { NULL }, help, NULL, emit__process_##emit }
#define L(...) { __VA_ARGS__ }

const struct family families[] = {
	ROW("build_info", G, LIFE_ALWAYS, L("version", "revision"), build_info,
	    "1, and which program this is"),
	ROW("source_info", G, LIFE_ALWAYS, L("source", "kernel"), source_info,
	    "1, and where events come from: tracepoints (patches/linux), stock (an unpatched kernel: fewer series) or none (no SMMUv3)"),
	ROW("privileges_info", G, LIFE_SERVER, L("capabilities", "seccomp"), privileges_info,
	    "1, and what the process still may do"),
	ROW("devices", G, LIFE_ALWAYS, L("smmu"), devices,
	    "PCI devices with ATS behind the SMMU"),
	ROW("device_info", G, LIFE_DEVICE,
	    L("device", "smmu", "sid", "group", "vendor", "model", "driver", "slot"), device_info,
	    "1, and what is known of the device, to join with"),
	ROW("device_state", G, LIFE_DEVICE, L("device", "state"), device_state,
	    "1 for the state that the device is in, 0 for all others"),
	ROW("device_state_change_timestamp_seconds", G, LIFE_DEVICE, L("device"), device_changed,
	    "When the device's state changed last, 0 if it did not since this program watches"),
	ROW("device_ats_enabled", G, LIFE_DEVICE_PATCHED, L("device"), device_ats,
	    "1 if ATS is switched on for the device, 0 if it is not"),
	HISTOGRAM("cmd_sync", LIFE_SOURCE, bounds_sync, L("smmu"), cmd_sync,
	    "From a CMD_SYNC's issue to its result"),
	ROW("cmd_sync_failures_total", C, LIFE_SOURCE, L("smmu", "cause"), cmd_sync_failures,
	    "CMD_SYNCs that failed"),
	ROW("atc_invalidations_total", C, LIFE_DEVICE_STOCK, L("device"), atc_invs,
	    "ATC invalidations sent to the device"),
	ROW("atc_invalidations_suppressed_total", C, LIFE_DEVICE_PATCHED, L("device"), suppressed,
	    "ATC invalidations not sent because the device is broken"),
	ROW("atc_timeouts_total", C, LIFE_DEVICE, L("device", "injected"), timeouts,
	    "ATC invalidations that the device did not answer in time"),
	ROW("gerrors_total", C, LIFE_SOURCE, L("smmu", "cause"), gerrors,
	    "Global errors of the SMMU"),
	ROW("cmdq_errors_total", C, LIFE_SOURCE, L("smmu", "cause"), cmdq_errors,
	    "Errors of the SMMU's command queue"),
	ROW("incidents_total", C, LIFE_DEVICE, L("device", "injected"), incidents,
	    "Incidents that began while this program watched"),
	ROW("incidents_closed_total", C, LIFE_SOURCE, L("smmu", "outcome", "injected"), closed,
	    "Incidents that ended"),
	ROW("incidents_open", G, LIFE_SOURCE, L("smmu", "injected"), open,
	    "Incidents that have not ended"),
	HISTOGRAM("incident_detection", LIFE_SOURCE, bounds_incident, L("smmu", "injected"), detection,
	    "From the issue of the CMD_SYNC to its issuer's knowledge of the timeout"),
	HISTOGRAM("incident_quarantine", LIFE_SOURCE, bounds_incident, L("smmu", "injected"), quarantine,
	    "From the SMMU's error to ATS switched off for the device"),
	HISTOGRAM("incident_exposure", LIFE_SOURCE, bounds_incident, L("smmu", "injected"), exposure,
	    "From the issue of the CMD_SYNC to ATS switched off: a stale translation could be used"),
	HISTOGRAM("incident_fence", LIFE_SOURCE, bounds_incident, L("smmu", "injected"), fence,
	    "From the SMMU's error to all DMA of the device blocked by the IOMMU core"),
	HISTOGRAM("incident_reset", LIFE_SOURCE, bounds_incident, L("smmu", "injected"), reset,
	    "Resets of the device that ended the incident, from begin to end"),
	HISTOGRAM("incident_recovery", LIFE_SOURCE, bounds_incident, L("smmu", "injected"), recovery,
	    "From the SMMU's error to the device working again"),
	ROW("sync_delay_seconds_total", C, LIFE_SOURCE, L("smmu"), sync_delay,
	    "What CMD_SYNCs of others took beyond the usual, because of command queue errors"),
	ROW("resets_total", C, LIFE_DEVICE, L("device", "result"), resets,
	    "PCI resets of the device"),
	ROW("pcie_errors_total", C, LIFE_DEVICE, L("device", "severity"), pcie_errors,
	    "PCIe errors that AER reported of the device"),
	ROW("faults_armed", G, LIFE_ALWAYS, L("fault"), faults_armed,
	    "Rules of atcq inject and atcq run that are armed"),
	ROW("faults_fired_total", C, LIFE_ALWAYS, L("fault"), faults_fired,
	    "Faults that fired"),
	ROW("fault_deadline_timestamp_seconds", G, LIFE_ARMED, L("fault"), fault_deadline,
	    "When the last armed rule of the fault ends by itself; in the past: it was left armed"),
	ROW("events_total", C, LIFE_ALWAYS, L("event"), events,
	    "Events received from the kernel"),
	ROW("events_lost_total", C, LIFE_ALWAYS, L("cause"), events_lost,
	    "Events lost on the way from the kernel"),
	ROW("history_write_errors_total", C, LIFE_DB, L(NULL), history_errors,
	    "Writes to the history's database that failed"),
	ROW("history_incidents_refused_total", C, LIFE_DB, L(NULL), history_refused,
	    "Incidents that the history's database did not take, or not all of: the log says why"),
	ROW("history_deleted_total", C, LIFE_DB, L("reason"), history_deleted,
	    "Incidents deleted from the history: age (--retain-age) or size (--retain-size)"),
	ROW("history_size_bytes", G, LIFE_DB, L(NULL), history_bytes,
	    "What the history has in use of its database"),
	ROW("collector_duration_seconds", G, LIFE_ALWAYS, L("collector"), collector_duration,
	    "How long the collector took for this scrape"),
	ROW("collector_success", G, LIFE_ALWAYS, L("collector"), collector_success,
	    "1 if the collector could do its work for this scrape, else 0"),
	ROW("http_requests_total", C, LIFE_SERVER, L("handler", "code"), http_requests,
	    "HTTP requests served"),
	ROW("config_last_reload_successful", G, LIFE_SERVER, L(NULL), config_reload,
	    "1 if the web configuration was good when it was read last, else 0"),
	ROW("bpf_runs_total", C, LIFE_BPF_STATS, L("program"), bpf_runs,
	    "Runs of this program's BPF programs"),
	ROW("bpf_run_seconds_total", C, LIFE_BPF_STATS, L("program"), bpf_seconds,
	    "Time that this program's BPF programs took"),
	PROCESS("cpu_seconds_total", C, cpu, "Total user and system CPU time spent in seconds"),
	PROCESS("resident_memory_bytes", G, resident, "Resident memory size in bytes"),
	PROCESS("virtual_memory_bytes", G, virtual, "Virtual memory size in bytes"),
	PROCESS("open_fds", G, fds, "Number of open file descriptors"),
	PROCESS("max_fds", G, max_fds, "Maximum number of open file descriptors"),
	PROCESS("threads", G, threads, "Number of OS threads in the process"),
	PROCESS("start_time_seconds", G, start, "Start time of the process since unix epoch in seconds"),
};
const size_t families_n = sizeof(families) / sizeof(families[0]);

static bool ends_with(const char *text, size_t len, const char *suffix)
{
	size_t n = strlen(suffix);

	return len >= n && !memcmp(text + len - n, suffix, n);
}

const char *family_type__name(enum family_type t)
{
	static const char *const names[] = { "counter", "gauge", "histogram" };

	return names[t];
}

size_t family__stem(const struct family *f)
{
	size_t len = strlen(f->name);

	return f->type == FAMILY_COUNTER && ends_with(f->name, len, "_total") ? len - strlen("_total") : len;
}

const char *family__unit(const struct family *f)
{
	size_t stem = family__stem(f);

	return ends_with(f->name, stem, "_seconds") ? "seconds" : ends_with(f->name, stem, "_bytes") ? "bytes" : "";
}

bool family__is_process(const struct family *f)
{
	return !strncmp(f->name, "process_", strlen("process_"));
}
