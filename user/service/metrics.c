// SPDX-License-Identifier: GPL-2.0-only
/* The one table of families, and what the rest of the program calls. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "lib/clock.h"
#include "lib/text.h"
#include "metrics_internal.h"

#define C FAMILY_COUNTER
#define G FAMILY_GAUGE
#define H FAMILY_HISTOGRAM
#define ROW(name, type, availability, labels, emit, help) \
	{ "atcq_" name, type, availability, labels, help, NULL, emit__##emit }
#define HISTOGRAM(name, availability, boundaries, labels, emit, help) \
	{ "atcq_" name "_duration_seconds", H, availability, labels, help, &boundaries, emit__##emit }
#define PROCESS(name, type, emit, help) \
	{ "process_" name, type, AVAILABLE_ALWAYS, { NULL }, help, NULL, emit__process_##emit }
#define L(...) { __VA_ARGS__ }

const struct family families[] = {
	ROW("build_info", G, AVAILABLE_ALWAYS, L("version", "revision"), build_info,
	    "1, and which program this is"),
	ROW("source_info", G, AVAILABLE_ALWAYS, L("source", "kernel"), source_info,
	    "1, and where events come from: tracepoints (patches/linux), stock (an unpatched kernel: fewer series) or none (no SMMUv3)"),
	ROW("privileges_info", G, AVAILABLE_SERVER, L("capabilities", "seccomp"), privileges_info,
	    "1, and what the process still may do"),
	ROW("devices", G, AVAILABLE_ALWAYS, L("smmu"), devices,
	    "PCI devices with ATS behind the SMMU"),
	ROW("device_info", G, AVAILABLE_DEVICE,
	    L("device", "smmu", "sid", "group", "vendor", "model", "driver", "slot"), device_info,
	    "1, and what is known of the device, to join with"),
	ROW("device_state", G, AVAILABLE_DEVICE, L("device", "state"), device_state,
	    "1 for the state that the device is in, 0 for all others"),
	ROW("device_state_change_timestamp_seconds", G, AVAILABLE_DEVICE, L("device"), device_changed,
	    "When the device's state changed last, 0 if it did not since this program watches"),
	ROW("device_ats_enabled", G, AVAILABLE_DEVICE_PATCHED, L("device"), device_ats,
	    "1 if ATS is switched on for the device, 0 if it is not"),
	HISTOGRAM("cmd_sync", AVAILABLE_SOURCE, boundaries_sync, L("smmu"), cmd_sync,
	    "From a CMD_SYNC's issue to its result"),
	ROW("cmd_sync_failures_total", C, AVAILABLE_SOURCE, L("smmu", "cause"), cmd_sync_failures,
	    "CMD_SYNCs that failed"),
	ROW("atc_invalidations_total", C, AVAILABLE_DEVICE_STOCK, L("device"), atc_invs,
	    "ATC invalidations sent to the device"),
	ROW("atc_invalidations_suppressed_total", C, AVAILABLE_DEVICE_PATCHED, L("device"), suppressed,
	    "ATC invalidations not sent because the device is broken"),
	ROW("atc_timeouts_total", C, AVAILABLE_DEVICE, L("device", "injected"), timeouts,
	    "ATC invalidations that the device did not answer in time"),
	ROW("gerrors_total", C, AVAILABLE_SOURCE, L("smmu", "cause"), gerrors,
	    "Global errors of the SMMU"),
	ROW("cmdq_errors_total", C, AVAILABLE_SOURCE, L("smmu", "cause"), cmdq_errors,
	    "Errors of the SMMU's command queue"),
	ROW("incidents_total", C, AVAILABLE_DEVICE, L("device", "injected"), incidents,
	    "Incidents that began while this program watched"),
	ROW("incidents_closed_total", C, AVAILABLE_SOURCE, L("smmu", "outcome", "injected"), closed,
	    "Incidents that ended"),
	ROW("incidents_open", G, AVAILABLE_SOURCE, L("smmu", "injected"), open,
	    "Incidents that have not ended"),
	HISTOGRAM("incident_detection", AVAILABLE_SOURCE, boundaries_incident, L("smmu", "injected"), detection,
	    "From the issue of the CMD_SYNC to its issuer's knowledge of the timeout"),
	HISTOGRAM("incident_quarantine", AVAILABLE_SOURCE, boundaries_incident, L("smmu", "injected"), quarantine,
	    "From the SMMU's error to ATS switched off for the device"),
	HISTOGRAM("incident_exposure", AVAILABLE_SOURCE, boundaries_incident, L("smmu", "injected"), exposure,
	    "From the issue of the CMD_SYNC to ATS switched off: a stale translation could be used"),
	HISTOGRAM("incident_fence", AVAILABLE_SOURCE, boundaries_incident, L("smmu", "injected"), fence,
	    "From the SMMU's error to all DMA of the device blocked by the IOMMU core"),
	HISTOGRAM("incident_reset", AVAILABLE_SOURCE, boundaries_incident, L("smmu", "injected"), reset,
	    "Resets of the device that ended the incident, from begin to end"),
	HISTOGRAM("incident_recovery", AVAILABLE_SOURCE, boundaries_incident, L("smmu", "injected"), recovery,
	    "From the SMMU's error to the device working again"),
	ROW("sync_delay_seconds_total", C, AVAILABLE_SOURCE, L("smmu"), sync_delay,
	    "What CMD_SYNCs of others took beyond the usual, because of command queue errors"),
	ROW("resets_total", C, AVAILABLE_DEVICE, L("device", "result"), resets,
	    "PCI resets of the device"),
	ROW("pcie_errors_total", C, AVAILABLE_DEVICE, L("device", "severity"), pcie_errors,
	    "PCIe errors that AER reported of the device"),
	ROW("faults_armed", G, AVAILABLE_ALWAYS, L("fault"), faults_armed,
	    "Rules of atcq inject and atcq run that are armed"),
	ROW("faults_fired_total", C, AVAILABLE_ALWAYS, L("fault"), faults_fired,
	    "Faults that fired"),
	ROW("fault_deadline_timestamp_seconds", G, AVAILABLE_ARMED, L("fault"), fault_deadline,
	    "When the last armed rule of the fault ends by itself; in the past: it was left armed"),
	ROW("events_total", C, AVAILABLE_ALWAYS, L("event"), events,
	    "Events received from the kernel"),
	ROW("events_lost_total", C, AVAILABLE_ALWAYS, L("cause"), events_lost,
	    "Events lost on the way from the kernel"),
	ROW("history_write_errors_total", C, AVAILABLE_DB, L(NULL), history_errors,
	    "Writes to the history's database that failed"),
	ROW("history_incidents_refused_total", C, AVAILABLE_DB, L(NULL), history_refused,
	    "Incidents that the history's database did not take, or not all of: the log says why"),
	ROW("history_deleted_total", C, AVAILABLE_DB, L("reason"), history_deleted,
	    "Incidents deleted from the history: age (--retain-age) or size (--retain-size)"),
	ROW("history_size_bytes", G, AVAILABLE_DB, L(NULL), history_bytes,
	    "What the history has in use of its database"),
	ROW("collector_duration_seconds", G, AVAILABLE_ALWAYS, L("collector"), collector_duration,
	    "How long the collector took for this scrape"),
	ROW("collector_success", G, AVAILABLE_ALWAYS, L("collector"), collector_success,
	    "1 if the collector could do its work for this scrape, else 0"),
	ROW("http_requests_total", C, AVAILABLE_SERVER, L("handler", "code"), http_requests,
	    "HTTP requests served"),
	ROW("config_last_reload_successful", G, AVAILABLE_SERVER, L(NULL), config_reload,
	    "1 if the web configuration was good when it was read last, else 0"),
	ROW("bpf_runs_total", C, AVAILABLE_BPF_STATS, L("program"), bpf_runs,
	    "Runs of this program's BPF programs"),
	ROW("bpf_run_seconds_total", C, AVAILABLE_BPF_STATS, L("program"), bpf_seconds,
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

static const struct {
	const char *name;
	int (*collect)(struct metrics *m);
} collectors[COLLECTORS] = {
	[COLLECT_BPF] = { "bpf", collect__bpf },
	[COLLECT_CMD_SYNC] = { "cmd_sync", collect__cmd_sync },
	[COLLECT_DEVICES] = { "devices", collect__devices },
	[COLLECT_FAULTS] = { "faults", collect__faults },
	[COLLECT_HISTORY] = { "history", collect__history },
	[COLLECT_PROCESS] = { "process", collect__process },
};

int metrics__new(struct metrics **out, const struct metrics_config *cfg)
{
	struct metrics *m = *out = calloc(1, sizeof(*m));
	struct utsname un;

	if (!m)
		return -ENOMEM;
	m->cfg = *cfg;
	m->started_ns = metrics__realtime(m);
	m->reload = -1;
	if (!uname(&un))
		snprintf(m->kernel, sizeof(m->kernel), "%s", un.release);
	return 0;
}

static void free_smmu(struct metrics_smmu *s)
{
	for (int l = 0; l < LAT_MAX; l++)
		for (int injected = 0; injected < 2; injected++)
			free(s->latency[l][injected].ex);
	free(s);
}

void metrics__free(struct metrics *m)
{
	if (!m)
		return;
	for (size_t i = 0; i < m->nsmmu; i++)
		free_smmu(m->smmu[i]);
	free(m->smmu);
	free(m->dev);
	free(m->open);
	free(m);
}

int metrics__start(struct metrics *m, struct monitor *w)
{
	const struct meta *meta = source__meta(w->src);
	uint64_t now = !source__recorded(w->src) ? metrics__boottime(m) :
		       meta->start_ns ? meta->start_ns : source__now_ns(w->src);
	int ret;

	m->w = w;
	/* A recording is reported as if it happened now */
	m->wall_offset_ns = metrics__realtime(m) - (int64_t)now;
	if (*meta->kernel)
		snprintf(m->kernel, sizeof(m->kernel), "%s", meta->kernel);
	ret = metrics_smmus__start(m);
	if (!ret)
		ret = collect__devices(m);
	for (size_t i = 0; !ret && i < tracker__open_count(w->tracker); i++)
		metrics__phase(m, tracker__open_at(w->tracker, i), PHASE_MAX);
	return ret == -ENOMEM ? ret : 0;
}

static void collect(struct metrics *m)
{
	for (size_t i = 0; i < COLLECTORS; i++) {
		uint64_t start = clock__monotonic_ns();

		m->collector[i].ok = !collectors[i].collect(m);
		m->collector[i].seconds = (clock__monotonic_ns() - start) / 1e9;
	}
	incidents__collect(m);
}

int metrics__render(struct metrics *m, enum metrics_format f, struct buf *out)
{
	struct emit e = {
		.out = out, .ops = f == METRICS_PROTOBUF ? &emit_proto : &emit_text,
		.openmetrics = f == METRICS_OPENMETRICS,
	};

	collect(m);
	for (size_t i = 0; i < families_n; i++) {
		if (f == METRICS_TEXTFILE && family__is_process(&families[i]))
			continue;
		e.created_ns = m->started_ns;
		emit__family(&e, &families[i]);
		families[i].emit(m, &e);
		emit__end_family(&e);
	}
	if (e.ops->end)
		e.ops->end(&e);
	return out->failed ? -ENOMEM : 0;
}

void emit__family(struct emit *e, const struct family *f)
{
	e->f = f;
	e->open = false;
}

void emit__end_family(struct emit *e)
{
	if (e->open && e->ops->family_end)
		e->ops->family_end(e);
}

void emit__collector_duration(const struct metrics *m, struct emit *e)
{
	for (size_t i = 0; i < COLLECTORS; i++)
		emit__double(e, m->collector[i].seconds, LABELS(collectors[i].name));
}

void emit__collector_success(const struct metrics *m, struct emit *e)
{
	for (size_t i = 0; i < COLLECTORS; i++)
		emit__uint(e, m->collector[i].ok, LABELS(collectors[i].name));
}
