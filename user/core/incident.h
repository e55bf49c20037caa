/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The incident tracker: events in, incidents out. It does no I/O and reads no
 * clock, so the same input always gives the same output.
 *
 * A missing event (lost, or not reported by this kernel) leaves a timestamp unknown
 * and makes the incident incomplete; it never makes a wrong number.
 */
#ifndef ATCQ_CORE_INCIDENT_H
#define ATCQ_CORE_INCIDENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <atcq/event.h>

/* In the order in which they happen */
enum phase {
	PHASE_ISSUED,		/* the CMD_SYNC behind the ATC_INV was visible to hardware */
	PHASE_RAISED,		/* CMDQ error CERROR_ATC_INV_SYNC seen */
	PHASE_DETECTED,		/* the issuer saw the error */
	PHASE_BLOCKED,		/* STE.EATS off, and the SMMU knows */
	PHASE_FENCED,		/* the core attached the blocking domain */
	PHASE_RESET_BEGIN,
	PHASE_RESET_END,
	PHASE_RECOVERED,	/* domains attached again, ATS on; stock: after a good reset */
	PHASE_MAX,
	PHASE_PCI_EVENT		/* for a tracker_fn only: a related PCIe event */
};

#define PHASES_ALL	((1u << PHASE_MAX) - 1)

enum incident_state {
	INCIDENT_TIMED_OUT, INCIDENT_ATS_BLOCKED, INCIDENT_FENCED, INCIDENT_RESETTING,
	INCIDENT_RESET_FAILED, INCIDENT_RECOVERED, INCIDENT_REMOVED,
	INCIDENT_INNOCENT,	/* only suspected: it answered an ATC_INV of its own */
	INCIDENT_UNKNOWN,	/* from a history: over, but atcq did not see its end */
	INCIDENT_STATES
};

enum latency {
	LAT_DETECTION,		/* detected - issued */
	LAT_QUARANTINE,		/* blocked - raised */
	LAT_EXPOSURE,		/* blocked - issued: a stale translation was usable */
	LAT_FENCE,		/* fenced - raised */
	LAT_RESET,		/* reset_end - reset_begin */
	LAT_RECOVERY,		/* recovered - raised */
	LAT_MAX
};

/* A related PCIe event: AER, DPC or hotplug of the device or of a port above it */
struct pci_event {
	uint64_t time_ns;	/* the first, if it was repeated */
	uint16_t type;		/* ATCQ_EV_AER, _DPC or _HOTPLUG */
	uint16_t severity;	/* enum atcq_aer, AER only */
	uint32_t code;		/* as in struct atcq_event */
	uint32_t bdf;		/* of the reporting device, in the segment of the incident's device */
	uint32_t count;
};

#define MAX_PCI_EVENTS		6
#define PCI_EVENT_BEFORE_NS	5000000000ull	/* an event this long before an incident belongs to it */

struct incident {
	uint32_t smmu, sid, segment, bdf;	/* ATCQ_NONE: not known */
	uint32_t prod;				/* of the CMD_SYNC that failed first */
	/* From a history: the boot, and CLOCK_REALTIME of opened_ns in that boot; else 0 */
	uint32_t boot;
	int64_t opened_utc_ns;
	uint64_t serial;			/* 1, 2, 3 ... as this tracker opened them */
	enum incident_state state;
	bool injected;		/* by a fault point */
	bool incomplete;	/* a phase has no timestamp, or its source cannot report it */
	bool at_start;		/* was open before atcq started */
	bool closed;
	uint64_t phase_ns[PHASE_MAX];	/* CLOCK_BOOTTIME in ns, 0 = not known */
	uint64_t opened_ns;		/* the first event */
	uint64_t closed_ns;		/* the last, 0 while it is open */
	uint64_t gap_from_ns, gap_to_ns;	/* events were lost in this interval; 0 = none */
	uint32_t atc_timeouts, cmdq_errors;
	uint64_t suppressed;		/* ATC_INVs that were not sent */
	uint32_t resets_failed;
	int reset_result;
	uint32_t reported_phases;	/* mask of phases that the source can report */
	uint32_t last_prod;		/* of the last CMDQ error */
	uint64_t last_error_ns;		/* ... and its time */
	uint32_t flrs;			/* FLRs seen, and the result of the last */
	int flr_result;
	uint32_t syncs_delayed;		/* CMD_SYNCs of other devices that these errors delayed */
	uint64_t sync_delay_ns;		/* ... their total time beyond the mean of undelayed ones */
	struct pci_event pci_event[MAX_PCI_EVENTS];
	uint32_t npci_events;
	uint32_t pci_events_more;	/* events that exceed MAX_PCI_EVENTS */
};

struct tracker;

/*
 * @phase: the phase that @inc entered, PHASE_PCI_EVENT for a new related PCIe event, or
 * PHASE_MAX when @inc was closed, or opened without a phase. @inc is valid during the
 * call only.
 */
typedef void (*tracker_fn)(void *ctx, const struct incident *inc, enum phase phase);

struct tracker_totals {
	uint64_t incidents, injected, recovered, removed;
	uint64_t cleared;	/* suspected, not among the incidents */
	uint64_t atc_timeouts, cmdq_errors, suppressed, gerrors;
	uint64_t resets_ok, resets_failed;
	uint64_t syncs_delayed, sync_delay_ns;	/* also of errors without an incident */
	uint64_t dropped;	/* incidents not tracked: too many open at once */
};

struct tracker *tracker__new(tracker_fn fn, void *ctx);	/* NULL: out of memory */
void tracker__free(struct tracker *t);			/* NULL is fine */
void tracker__event(struct tracker *t, const struct atcq_event *ev);

/* The phases that the source can report; the default is all */
void tracker__set_reported_phases(struct tracker *t, uint32_t phases);

/* Is @bdf a port above @device? Without this callback no port is */
typedef bool (*tracker_above_fn)(void *ctx, uint32_t segment, uint32_t bdf, uint32_t device);
void tracker__set_above(struct tracker *t, tracker_above_fn fn, void *ctx);

/* Adds a device that is blocked already */
void tracker__seed(struct tracker *t, uint32_t smmu, uint32_t sid, uint32_t segment,
		   uint32_t bdf, enum atcq_blocked blocked, uint64_t since_ns);

/*
 * Continues @before, which an earlier run tracked: it replaces the incident that
 * tracker__seed() opened for the device. It becomes incomplete, since events of the time
 * in between are missing. False: the device has no open incident.
 */
bool tracker__resume(struct tracker *t, const struct incident *before);

/* The incidents that are open, oldest first */
size_t tracker__open_count(const struct tracker *t);
const struct incident *tracker__open_at(const struct tracker *t, size_t i);
const struct tracker_totals *tracker__totals(const struct tracker *t);

const char *phase__name(enum phase p);
const char *incident_state__name(enum incident_state s);
extern const char *const incident_state_names[];	/* ends with NULL */
const char *latency__name(enum latency l);

/*
 * The phases that happened, or may have happened, but have no timestamp: the source
 * cannot report them, or their events were lost.
 */
uint32_t incident__unknown(const struct incident *inc);

/* "AER fatal 0x00000010", "DPC 0x1f01 at 0000:00:10.1"... */
void pci_event__text(const struct incident *inc, const struct pci_event *n, char *out, size_t len);
const char *pci_event__kind(const struct pci_event *n);		/* "aer", "dpc", "hotplug" */
const char *pci_event__detail(const struct pci_event *n);	/* severity, or the change of the slot; "" for DPC */

/* In ns; false if it is not known, or events in between were lost */
bool incident__latency(const struct incident *inc, enum latency which, uint64_t *ns);

/* Boot id, SMMU, Stream ID and raised time: the same in every command and file */
void incident__id(const struct incident *inc, const char *boot_id, char *out, size_t len);

/* "0000:01:00.0", or "?" */
void incident__bdf(const struct incident *inc, char out[16]);

/* The origin of phase times: the earliest timestamp, or when the incident was opened */
uint64_t incident__origin(const struct incident *inc);

/* The first three are those in which a stale translation can be used */
enum span_kind {
	SPAN_UNANSWERED,	/* issued .. raised; also raised and nothing follows */
	SPAN_TELLING,		/* raised .. detected */
	SPAN_BLOCKING,		/* detected .. blocked */
	SPAN_FENCING,		/* blocked .. fenced */
	SPAN_WAITING,		/* fenced .. reset_begin, and after a reset that failed */
	SPAN_RESETTING,		/* reset_begin .. reset_end */
	SPAN_RESTORING,		/* reset_end .. recovered */
	SPAN_MAX
};

struct span {
	enum span_kind kind;
	uint64_t start_ns, end_ns;
	bool gap;	/* a timestamp in between is not known */
	bool open;	/* not over at the end */
};

/* In order of time; @now_ns ends a span that is open. Returns their number, at most PHASE_MAX */
size_t incident__spans(const struct incident *inc, uint64_t now_ns, struct span out[PHASE_MAX]);

/* The end of the last span, or the origin if there is none */
uint64_t incident__end(const struct incident *inc, uint64_t now_ns);

const char *span__name(enum span_kind kind);		/* "unanswered" */
const char *span__meaning(enum span_kind kind);		/* "issued to raised: ..." */
bool span__exposed(enum span_kind kind);

#endif
