/* SPDX-License-Identifier: GPL-2.0-only */
/* Internal to the metrics: buckets, families, how samples are written, and what is known between scrapes. */
#ifndef ATCQ_SERVICE_METRICS_INTERNAL_H
#define ATCQ_SERVICE_METRICS_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include <atcq/fault.h>
#include <atcq/hist.h>

#include "core/incident.h"
#include "lib/text.h"
#include "metrics.h"

/*
 * Histograms of durations by the bounds of Prometheus' native histograms, schema 2:
 * bucket i ends at, and has, 2^(i/4) seconds. The classic buckets of the text formats
 * use some of the same bounds, so that both agree.
 */

#define BUCKET_SCHEMA	2
#define BUCKET_FIRST	(-120)	/* 2^-30 s, below 1 ns */
#define BUCKET_LAST	96	/* 2^24 s, 194 days; what takes longer is in it, too */
#define BUCKETS	(BUCKET_LAST - BUCKET_FIRST + 1)
#define BUCKET_TEXT	32

/* Classic buckets: every @stride-th bound from @first to @last; then +Inf */
struct boundaries { int first, last, stride; };

extern const struct boundaries boundaries_sync, boundaries_incident;

static inline size_t bucket__count(const struct boundaries *b)
{
	return (b->last - b->first) / b->stride + 1;
}

/* In seconds, and as the label le: the shortest decimal of the same number, "1.0" */
double bucket__seconds(int index);
const char *bucket__text(int index);

/* The bucket of a duration; 0 ns has none */
int bucket__index(uint64_t ns);

struct durations {
	uint64_t count, sum_ns;
	uint64_t zero;			/* took 0 ns */
	uint64_t bucket[BUCKETS];	/* from BUCKET_FIRST on */
};

void durations__add(struct durations *d, uint64_t ns);

/*
 * From the kernel's histogram, replacing what was there. One of its fine buckets (3 %
 * wide) that a bound goes through is counted above the bound; its last, 67 s and
 * more, as 76 s.
 */
void durations__from_hist(struct durations *d, const struct atcq_hist *h);

/*
 * The one table of all families: exposition, docs/metrics.md and the tests come from
 * it. A name's suffix says its unit (_seconds, _bytes), as Prometheus has it.
 */

#define FAMILY_LABELS 8

enum family_type { FAMILY_COUNTER, FAMILY_GAUGE, FAMILY_HISTOGRAM };

/* When a family has series; docs/metrics.md has the text */
enum availability {
	AVAILABLE_ALWAYS,		/* from the start, 0 where nothing has happened yet */
	AVAILABLE_DEVICE,		/* with the device, and for 15 minutes after its removal */
	AVAILABLE_DEVICE_PATCHED,	/* the same, where the kernel reports it (patches/linux) */
	AVAILABLE_DEVICE_STOCK,	/* the same, where the source counts it (unpatched kernels) */
	AVAILABLE_SOURCE,		/* on a machine with an SMMUv3 */
	AVAILABLE_ARMED,		/* while it is so */
	AVAILABLE_DB,		/* with --db */
	AVAILABLE_SERVER,		/* with --listen */
	AVAILABLE_BPF_STATS,		/* while the administrator has kernel.bpf_stats_enabled=1 */
};

struct metrics;
struct emit;

struct family {
	const char *name;		/* as in the text exposition, with prefix and _total */
	enum family_type type;
	enum availability availability;
	const char *labels[FAMILY_LABELS];
	const char *help;		/* one line, no full stop */
	const struct boundaries *boundaries;	/* FAMILY_HISTOGRAM: of its _bucket series */
	void (*emit)(const struct metrics *m, struct emit *e);
};

extern const struct family families[];
extern const size_t families_n;

const char *family_type__name(enum family_type t);	/* "counter"... */
const char *family__unit(const struct family *f);	/* "seconds", "bytes", "" */

/* Length of the name without _total, which is what OpenMetrics and protobuf call the family */
size_t family__stem(const struct family *f);

/* process_*: another exporter may have metrics of the same names */
bool family__is_process(const struct family *f);

/*
 * How samples are written down. Collectors call emit__*() for each series of the
 * family that is due; a format is a struct emit_ops.
 */

#define EXEMPLAR_ID	116	/* OpenMetrics: 128 characters for all labels, names included */

/* Which incident a bucket's latest observation came from */
struct exemplar {
	char incident_id[EXEMPLAR_ID];	/* "" = there is none */
	uint64_t ns;
	int64_t at_ns;			/* CLOCK_REALTIME */
};

struct number {
	enum { NUMBER_UINT, NUMBER_NS, NUMBER_DOUBLE } kind;
	union { uint64_t u; double d; };	/* NUMBER_NS: exposed in seconds */
};

struct emit_ops {
	/* @labels: values in the order of the family's label names, UTF-8 */
	void (*number)(struct emit *e, const struct number *n, const char *const *labels);
	/* @ex: an exemplar for each classic bucket and +Inf, or NULL */
	void (*histogram)(struct emit *e, const struct durations *d, const struct exemplar *ex,
			  const char *const *labels);
	void (*family_end)(struct emit *e);	/* NULL: nothing to do */
	void (*end)(struct emit *e);		/* NULL: as well */
};

#define EMIT_LABEL_TEXT 64

struct emit {
	struct buf *out;
	const struct emit_ops *ops;
	const struct family *f;
	bool open;			/* the family has had a series */
	bool openmetrics;		/* text: 1.0 instead of 0.0.4 */
	int64_t created_ns;		/* CLOCK_REALTIME: since when what comes next has been counted */
	/* Text: what comes before each label's value */
	size_t nlabels, stem;
	char label[FAMILY_LABELS][EMIT_LABEL_TEXT];
	size_t label_len[FAMILY_LABELS];
	struct proto_family *proto;	/* protobuf: what is being gathered */
};

extern const struct emit_ops emit_text, emit_proto;

/* Begins family @f: what is emitted until emit__end_family() is its */
void emit__family(struct emit *e, const struct family *f);
void emit__end_family(struct emit *e);

/* LABELS("0000:01:00.0", "true") */
#define LABELS(...) ((const char *const[]){ __VA_ARGS__ })

static inline void emit__uint(struct emit *e, uint64_t v, const char *const *labels)
{
	e->ops->number(e, &(struct number){ .kind = NUMBER_UINT, .u = v }, labels);
}

static inline void emit__ns(struct emit *e, uint64_t ns, const char *const *labels)
{
	e->ops->number(e, &(struct number){ .kind = NUMBER_NS, .u = ns }, labels);
}

static inline void emit__double(struct emit *e, double v, const char *const *labels)
{
	e->ops->number(e, &(struct number){ .kind = NUMBER_DOUBLE, .d = v }, labels);
}

static inline void emit__histogram(struct emit *e, const struct durations *d, const struct exemplar *ex,
				   const char *const *labels)
{
	e->ops->histogram(e, d, ex, labels);
}

#define NUMBER_SIZE 64	/* for any of them */
/* Both return the end */
char *number__ns(char *at, uint64_t ns);	/* in seconds, exact: "0.001234567" */
char *number__double(char *at, double v);	/* the shortest that is the same number; NaN, +Inf, -Inf */

#define SECOND_NS	1000000000ull
#define REMOVED_STAYS_NS (15 * 60 * SECOND_NS)	/* a removed device's series */
#define DEVICES_MAX	16384	/* beyond it events of devices that are not known yet are not counted */

enum device_state {
	STATE_HEALTHY, STATE_TIMED_OUT, STATE_ATS_BLOCKED, STATE_FENCED, STATE_RESETTING,
	STATE_RESET_FAILED, STATE_REMOVED, STATE_MAX
};
enum reset_result { RESULT_OK, RESULT_FAILED, RESULT_UNSUPPORTED, RESULT_MAX };
#define SEVERITIES 3		/* enum atcq_aer */

/* A device that has series: it is present, or was just removed */
struct metrics_device {
	uint32_t segment, addr;
	char bdf[16];
	bool known;		/* sysfs has it; false: so far only events name it */
	bool shown;		/* has series: it has ATS or had an incident, and the administrator wants it */
	bool touched;		/* had an incident */
	bool busy;		/* has an open incident, which defines its state */
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

struct metrics_smmu {
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
struct metrics_open_incident {
	uint64_t serial;
	uint32_t observed;	/* mask of latencies */
	uint32_t timeouts;
	bool counted, at_start;
};

#define HANDLERS_MAX 64
struct metrics_handler { const char *name; unsigned int code; char code_text[12]; uint64_t n; };

enum collector {
	COLLECT_BPF, COLLECT_CMD_SYNC, COLLECT_DEVICES, COLLECT_FAULTS, COLLECT_HISTORY,
	COLLECT_PROCESS, COLLECTORS
};

struct metrics_program { char name[64]; uint64_t runs, run_ns; };
#define PROGRAMS_MAX 64

struct metrics_process {
	uint64_t cpu_ns, resident, virtual, fds, fds_max, threads;
	double start_s;
	bool fds_known;
};

struct metrics {
	struct metrics_config cfg;
	struct monitor *w;		/* NULL: nothing to watch */
	int64_t started_ns;		/* CLOCK_REALTIME */
	int64_t wall_offset_ns;		/* CLOCK_REALTIME of an event - its time */
	struct metrics_device *dev;		/* by address, and one without at the end */
	size_t ndev, dev_capacity;
	struct metrics_smmu **smmu;		/* in the order in which they were found */
	size_t nsmmu;
	struct metrics_open_incident *open;
	size_t nopen, open_capacity;
	uint64_t events[ATCQ_EV_LOST + 1];
	uint64_t lost_ring, lost_other;
	uint64_t fired[ATCQ_FAULTS];
	uint64_t armed[ATCQ_FAULTS];
	double deadline_s[ATCQ_FAULTS];
	struct metrics_history history;
	struct { double seconds; bool ok; } collector[COLLECTORS];
	struct metrics_program program[PROGRAMS_MAX];
	size_t nprograms;
	struct metrics_process process;
	struct metrics_handler handler[HANDLERS_MAX];
	size_t nhandlers;
	int reload;			/* -1: not known */
	char capabilities[256], seccomp[32];	/* "" = not known */
	char kernel[96];
};

extern const char *const yes_no[2];	/* "false", "true" */

int64_t metrics__realtime(const struct metrics *m);
uint64_t metrics__boottime(const struct metrics *m);

/* metrics_model.c: NULL if there is none and @make is false, or there is no room */
struct metrics_device *metrics_device__find(struct metrics *m, uint32_t segment, uint32_t addr, bool make);
void metrics_device__set_state(struct metrics *m, struct metrics_device *d, enum device_state s, uint64_t time_ns);
void metrics_device__touch(struct metrics *m, struct metrics_device *d);
/* Has it series? It has if it has ATS or had an incident, and the administrator wants it */
void metrics_device__decide(struct metrics *m, struct metrics_device *d, bool has_ats);

int metrics_smmus__start(struct metrics *m);
/* Of an event; @bdf names it if the kernel does not. NULL: none or no memory */
struct metrics_smmu *metrics_smmu__of(struct metrics *m, uint32_t index, uint32_t segment, uint32_t bdf);
struct metrics_smmu *metrics_smmu__of_device(struct metrics *m, const struct device *dev);
struct metrics_smmu *metrics_smmu__by_index(struct metrics *m, uint32_t index);

/* metrics_collect.c */
int collect__devices(struct metrics *m);
int collect__cmd_sync(struct metrics *m);

/* metrics_incidents.c */
void incidents__collect(struct metrics *m);

/* metrics_process.c */
int collect__faults(struct metrics *m);
int collect__history(struct metrics *m);
int collect__process(struct metrics *m);
int collect__bpf(struct metrics *m);

/* One for each row of the table in metrics.c */
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
