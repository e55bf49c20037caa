/* SPDX-License-Identifier: GPL-2.0-only */
/* What is known between scrapes, and what a scrape finds. Internal to user/metrics. */
#ifndef ATCQ_METRICS_MODEL_H
#define ATCQ_METRICS_MODEL_H

#include <atcq/fault.h>

#include "bounds.h"
#include "core/incident.h"
#include "emit.h"
#include "metrics.h"

#define SECOND_NS	1000000000ull
#define REMOVED_STAYS_NS (15 * 60 * SECOND_NS)	/* a removed device's series */
#define DEVICES_MAX	16384	/* beyond it events of devices that are not known yet are not counted */

enum device_state {
	STATE_HEALTHY, STATE_TIMED_OUT, STATE_ATS_BLOCKED, STATE_FENCED, STATE_RESETTING,
	STATE_RESET_FAILED, STATE_REMOVED, STATE_MAX
};
enum reset_result { RESULT_OK, RESULT_FAILED, RESULT_UNSUPPORTED, RESULT_MAX };
#define SEVERITIES 3		/* enum atcq_aer */

/* A device that has series, there or just removed */
struct mdevice {
	uint32_t segment, addr;
	char bdf[16];
	bool known;		/* sysfs has spoken of it; else only events have */
	bool shown;		/* has series: it has ATS or had an incident, and the administrator wants it */
	bool touched;		/* had an incident */
	bool busy;		/* has one that is open, which says its state */
	uint64_t removed_ns;	/* 0: it is there */
	int64_t since_ns;	/* CLOCK_REALTIME: counted since then */
	char smmu[64], sid[16], group[16], vendor[8], model[96], driver[32], slot[32];
	bool state_known;
	enum device_state state;
	int64_t changed_ns;	/* CLOCK_REALTIME, 0: not since we watch */
	int ats;		/* -1: not known */
	uint64_t atc_invs, atc_invs_now, suppressed;
	uint64_t timeouts[2], incidents[2];	/* by injected */
	uint64_t resets[RESULT_MAX], pcie_errors[SEVERITIES];
};

#define GERROR_CAUSES	9
#define CERROR_CAUSES	4
enum sync_cause { SYNC_ATC_TIMEOUT, SYNC_POLL_TIMEOUT, SYNC_OTHER, SYNC_CAUSES };
enum outcome { OUTCOME_RECOVERED, OUTCOME_REMOVED, OUTCOME_UNKNOWN, OUTCOME_MAX };

struct latency_durations {
	struct durations d;
	struct exemplar *ex;	/* one for each bound and +Inf; NULL until the first */
};

struct msmmu {
	uint32_t index;		/* as events have it; ATCQ_NONE: not known yet */
	char name[64];		/* as in /sys/class/iommu, or the index while that is not known */
	bool named;
	uint64_t gerrors[GERROR_CAUSES], cmdq_errors[CERROR_CAUSES], sync_failed[SYNC_CAUSES];
	uint64_t closed[OUTCOME_MAX][2];
	uint64_t sync_delay_ns;
	struct latency_durations latency[LAT_MAX][2];
	/* Found by the scrape */
	struct durations syncs;
	uint64_t devices, open[2];
};

/* An incident that is open, and what of it was counted */
struct mopen {
	uint64_t serial;
	uint32_t observed;	/* mask of latencies */
	uint32_t timeouts;
	bool counted, at_start;
};

#define HANDLERS_MAX 64
struct mhandler { const char *name; unsigned int code; char code_text[12]; uint64_t n; };

enum collector {
	COLLECT_BPF, COLLECT_CMD_SYNC, COLLECT_DEVICES, COLLECT_FAULTS, COLLECT_HISTORY,
	COLLECT_PROCESS, COLLECTORS
};

struct mprogram { char name[64]; uint64_t runs, run_ns; };
#define PROGRAMS_MAX 64

struct mprocess {
	uint64_t cpu_ns, resident, virtual, fds, fds_max, threads;
	double start_s;
	bool fds_known;
};

struct metrics {
	struct metrics_config cfg;
	struct watch *w;		/* NULL: nothing to watch */
	int64_t started_ns;		/* CLOCK_REALTIME */
	int64_t wall_offset_ns;		/* CLOCK_REALTIME of an event - its time */
	struct mdevice *dev;		/* by address, and one without at the end */
	size_t ndev, dev_room;
	struct msmmu **smmu;		/* in the order in which they were found */
	size_t nsmmu;
	struct mopen *open;
	size_t nopen, open_room;
	uint64_t events[ATCQ_EV_LOST + 1];
	uint64_t lost_ring, lost_other;
	uint64_t fired[ATCQ_FAULTS];
	uint64_t armed[ATCQ_FAULTS];
	double deadline_s[ATCQ_FAULTS];
	struct metrics_history history;
	struct { double seconds; bool ok; } collector[COLLECTORS];
	struct mprogram program[PROGRAMS_MAX];
	size_t nprograms;
	struct mprocess process;
	struct mhandler handler[HANDLERS_MAX];
	size_t nhandlers;
	int reload;			/* -1: not told */
	char capabilities[256], seccomp[32];	/* "" = not told */
	char kernel[96];
};

extern const char *const yes_no[2];	/* "false", "true" */

int64_t metrics__realtime(const struct metrics *m);
uint64_t metrics__boottime(const struct metrics *m);

/* devices.c: NULL if there is none and @make is false, or there is no room */
struct mdevice *mdevice__find(struct metrics *m, uint32_t segment, uint32_t addr, bool make);
void mdevice__set_state(struct metrics *m, struct mdevice *d, enum device_state s, uint64_t time_ns);
void mdevice__touch(struct metrics *m, struct mdevice *d);
int collect__devices(struct metrics *m);

/* smmus.c */
int smmus__begin(struct metrics *m);
/* Of an event; @bdf names it if the kernel does not. NULL: none or no memory */
struct msmmu *smmus__of(struct metrics *m, uint32_t index, uint32_t segment, uint32_t bdf);
struct msmmu *smmus__of_device(struct metrics *m, const struct device *dev);
int collect__cmd_sync(struct metrics *m);

int atc_invs__collect(struct metrics *m);

/* incidents.c */
void incidents__collect(struct metrics *m);

int collect__faults(struct metrics *m);
int collect__history(struct metrics *m);
int collect__process(struct metrics *m);
int collect__bpf(struct metrics *m);

/* One for each row of the table in family.c */
#define EMITTERS(X)										\
	X(build_info) X(source_info) X(privileges_info) X(devices) X(device_info) X(device_state)	\
	X(device_changed) X(device_ats) X(cmd_sync) X(cmd_sync_failures) X(atc_invs)		\
	X(suppressed) X(timeouts) X(gerrors) X(cmdq_errors) X(incidents) X(closed) X(open)		\
	X(detection) X(quarantine) X(exposure) X(fence) X(reset) X(recovery) X(sync_delay)		\
	X(resets) X(pcie_errors) X(faults_armed) X(faults_fired) X(fault_deadline) X(events)		\
	X(events_lost) X(history_errors) X(history_refused) X(history_deleted) X(history_bytes)	\
	X(collector_duration)									\
	X(collector_success) X(http_requests) X(config_reload) X(bpf_runs) X(bpf_seconds)		\
	X(process_cpu) X(process_resident) X(process_virtual) X(process_fds) X(process_max_fds)		\
	X(process_threads) X(process_start)
#define X(name) void emit__##name(const struct metrics *m, struct emit *e);
EMITTERS(X)
#undef X

#endif
