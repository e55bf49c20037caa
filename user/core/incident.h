/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The incident tracker: events in, incidents out. It does no I/O and asks no
 * clock, so the same input always gives the same output.
 *
 * What did not come (a lost event, a kernel that does not tell) leaves a timestamp
 * unknown and makes the incident incomplete; it never makes a wrong number.
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
	PHASE_DETECTED,		/* the issuer learned of it */
	PHASE_BLOCKED,		/* STE.EATS off, and the SMMU knows */
	PHASE_FENCED,		/* the core attached the blocking domain */
	PHASE_RESET_BEGIN,
	PHASE_RESET_END,
	PHASE_RECOVERED,	/* domains attached again, ATS on; stock: after a good reset */
	PHASE_MAX,
	PHASE_PCI_EVENT		/* told to a tracker_fn only: somebody else spoke of the device */
};

#define PHASES_ALL	((1u << PHASE_MAX) - 1)

enum incident_state {
	INCIDENT_TIMED_OUT, INCIDENT_ATS_BLOCKED, INCIDENT_FENCED, INCIDENT_RESETTING,
	INCIDENT_RESET_FAILED, INCIDENT_RECOVERED, INCIDENT_REMOVED,
	INCIDENT_INNOCENT,	/* only suspected: it answered when it was asked alone */
	INCIDENT_UNKNOWN,	/* a history's: over, but nobody saw its end */
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

/* What AER, DPC or the slot said of the device, or of a port above it */
struct pci_event {
	uint64_t time_ns;	/* the first, if it was said several times */
	uint16_t type;		/* ATCQ_EV_AER, _DPC or _HOTPLUG */
	uint16_t severity;	/* enum atcq_aer, AER only */
	uint32_t code;		/* as in struct atcq_event */
	uint32_t bdf;		/* of who said it; its segment is the device's */
	uint32_t count;
};

#define MAX_PCI_EVENTS		6
#define PCI_EVENT_BEFORE_NS	5000000000ull	/* so long before an incident belongs to it */

struct incident {
	uint32_t smmu, sid, segment, bdf;	/* ATCQ_NONE: not known */
	uint32_t prod;				/* of the CMD_SYNC that failed first */
	/* A history's: which of its boots, and CLOCK_REALTIME of opened_ns as it was then; else 0 */
	uint32_t boot;
	int64_t opened_utc_ns;
	uint64_t serial;			/* 1, 2, 3 ... as this tracker opened them */
	enum incident_state state;
	bool injected;		/* by a fault point */
	bool incomplete;	/* a phase has no timestamp, or its source cannot report one */
	bool at_start;		/* was open before anybody watched */
	bool closed;
	uint64_t phase_ns[PHASE_MAX];	/* CLOCK_BOOTTIME in ns, 0 = not known */
	uint64_t opened_ns;		/* the first event */
	uint64_t closed_ns;		/* the last, 0 while it is open */
	uint64_t gap_from_ns, gap_to_ns;	/* in between events were lost; 0 = none */
	uint32_t atc_timeouts, cmdq_errors;
	uint64_t suppressed;		/* ATC_INVs that were not sent */
	uint32_t resets_failed;
	int reset_result;
	uint32_t reported_phases;	/* mask of phases that the source can report */
	uint32_t last_prod;		/* of the last CMDQ error */
	uint64_t last_error_ns;		/* ... and its time */
	uint32_t flrs;			/* FLRs seen, and the result of the last */
	int flr_result;
	uint32_t syncs_delayed;		/* CMD_SYNCs of others that waited for this one's errors */
	uint64_t sync_delay_ns;		/* ... beyond what they usually take, together */
	struct pci_event pci_event[MAX_PCI_EVENTS];
	uint32_t npci_events;
	uint32_t pci_events_more;	/* events that exceed MAX_PCI_EVENTS */
};

struct tracker;

/*
 * @phase: what @inc just got, PHASE_PCI_EVENT for its last related PCIe event, or
 * PHASE_MAX when it was closed or opened without a phase. @inc is valid during the
 * call only.
 */
typedef void (*tracker_fn)(void *ctx, const struct incident *inc, enum phase phase);

struct tracker_totals {
	uint64_t incidents, injected, recovered, removed;
	uint64_t cleared;	/* suspected, not among the incidents */
	uint64_t atc_timeouts, cmdq_errors, suppressed, gerrors;
	uint64_t resets_ok, resets_failed;
	uint64_t syncs_delayed, sync_delay_ns;	/* also of errors without an incident */
	uint64_t dropped;	/* incidents not followed: too many open at once */
};

struct tracker *tracker__new(tracker_fn fn, void *ctx);	/* NULL: out of memory */
void tracker__free(struct tracker *t);			/* NULL is fine */
void tracker__event(struct tracker *t, const struct atcq_event *ev);

/* The phases that the source can tell: all of them, unless this is called */
void tracker__set_reported_phases(struct tracker *t, uint32_t phases);

/* Is @bdf the address of a port above the device @device? Without it: of none */
typedef bool (*tracker_above_fn)(void *ctx, uint32_t segment, uint32_t bdf, uint32_t device);
void tracker__set_above(struct tracker *t, tracker_above_fn fn, void *ctx);

/* A device that is blocked already, with what is known of it */
void tracker__seed(struct tracker *t, uint32_t smmu, uint32_t sid, uint32_t segment,
		   uint32_t bdf, enum atcq_blocked blocked, uint64_t since_ns);

/*
 * An incident that was followed before takes the place of what the seed found out
 * about its device. It is incomplete, as nobody watched in between. False: the
 * device is not open.
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
 * The phases that must have been, or may have been, but have no timestamp: those
 * that the source cannot tell, and those whose events got lost.
 */
uint32_t incident__unknown(const struct incident *inc);

/* "AER fatal 0x00000010", "DPC 0x1f01 at 0000:00:10.1"... */
void pci_event__text(const struct incident *inc, const struct pci_event *n, char *out, size_t len);
const char *pci_event__kind(const struct pci_event *n);		/* "aer", "dpc", "hotplug" */
const char *pci_event__detail(const struct pci_event *n);	/* severity, or what the slot did; "" for DPC */

/* In ns; false if it is not known, or something in between was lost */
bool incident__latency(const struct incident *inc, enum latency which, uint64_t *ns);

/* Boot id, SMMU, Stream ID and raised time: the same in every command and file */
void incident__id(const struct incident *inc, const char *boot_id, char *out, size_t len);

/* "0000:01:00.0", or "?" */
void incident__bdf(const struct incident *inc, char out[16]);

/* The time that phases are counted from: the earliest timestamp, or when it was opened */
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
	bool open;	/* goes on at the end */
};

/* In the order of time; @now_ns: where what is open is cut. The number of them, at most PHASE_MAX */
size_t incident__spans(const struct incident *inc, uint64_t now_ns, struct span out[PHASE_MAX]);

/* When its last span ends; at least its begin */
uint64_t incident__end(const struct incident *inc, uint64_t now_ns);

const char *span__name(enum span_kind kind);		/* "unanswered" */
const char *span__meaning(enum span_kind kind);		/* "issued to raised: ..." */
bool span__exposed(enum span_kind kind);

#endif
