// SPDX-License-Identifier: GPL-2.0-only
/* Names, latencies, spans and texts of an incident. */
#include <stdio.h>

#include "event.h"
#include "incident.h"

const char *phase__name(enum phase p)
{
	static const char *const names[] = {
		"issued", "raised", "detected", "blocked", "fenced",
		"reset_begin", "reset_end", "recovered",
	};

	return p < PHASE_MAX ? names[p] : "?";
}

const char *const incident_state_names[] = {
	"timed-out", "ats-blocked", "fenced", "resetting", "reset-failed",
	"recovered", "removed", "innocent", "unknown", NULL
};

const char *incident_state__name(enum incident_state s)
{
	return incident_state_names[s];
}

const char *latency__name(enum latency l)
{
	static const char *const names[] = {
		"detection", "quarantine", "exposure", "fence", "reset", "recovery",
	};

	return names[l];
}

bool incident__latency(const struct incident *inc, enum latency which, uint64_t *ns)
{
	static const struct { enum phase from, to; } spans[] = {
		[LAT_DETECTION] = { PHASE_ISSUED, PHASE_DETECTED },
		[LAT_QUARANTINE] = { PHASE_RAISED, PHASE_BLOCKED },
		[LAT_EXPOSURE] = { PHASE_ISSUED, PHASE_BLOCKED },
		[LAT_FENCE] = { PHASE_RAISED, PHASE_FENCED },
		[LAT_RESET] = { PHASE_RESET_BEGIN, PHASE_RESET_END },
		[LAT_RECOVERY] = { PHASE_RAISED, PHASE_RECOVERED },
	};
	uint64_t from = inc->phase_ns[spans[which].from], to = inc->phase_ns[spans[which].to];

	if (!from || !to || to < from)
		return false;
	/* The lost events may include another reset, or the start of another incident */
	if (inc->gap_to_ns && to >= inc->gap_from_ns && from <= inc->gap_to_ns)
		return false;
	*ns = to - from;
	return true;
}

void incident__id(const struct incident *inc, const char *boot_id, char *out, size_t len)
{
	uint64_t when = inc->phase_ns[PHASE_RAISED] ? inc->phase_ns[PHASE_RAISED] : inc->opened_ns;

	snprintf(out, len, "%.8s-%x-%x-%llx", boot_id, inc->smmu, inc->sid,
		 (unsigned long long)when);
}

void incident__bdf(const struct incident *inc, char out[16])
{
	bdf__format(inc->segment, inc->bdf, out);
}

uint32_t incident__unknown(const struct incident *inc)
{
	uint32_t unknown = PHASES_ALL & ~inc->reported_phases, known = 0;
	int last = -1;

	for (int p = 0; p < PHASE_MAX; p++) {
		if (!inc->phase_ns[p])
			continue;
		known |= 1u << p;
		last = p;
	}
	/* The phases before blocked always happen; a fence or a reset may not */
	if (inc->closed && last < PHASE_BLOCKED)
		last = PHASE_BLOCKED;
	for (int p = 0; p <= PHASE_BLOCKED && p <= last; p++)
		unknown |= 1u << p;
	if (inc->phase_ns[PHASE_RESET_END])
		unknown |= 1u << PHASE_RESET_BEGIN;
	return unknown & ~known;
}

const char *pci_event__kind(const struct pci_event *n)
{
	return n->type == ATCQ_EV_AER ? "aer" : n->type == ATCQ_EV_DPC ? "dpc" : "hotplug";
}

const char *pci_event__detail(const struct pci_event *n)
{
	static const char *const severities[] = { "nonfatal", "fatal", "correctable" };
	static const char *const slots[] = {
		"link up", "link down", "card present", "card not present",
	};

	if (n->type == ATCQ_EV_AER)
		return n->severity < 3 ? severities[n->severity] : "?";
	if (n->type == ATCQ_EV_HOTPLUG)
		return n->code < 4 ? slots[n->code] : "?";
	return "";
}

void pci_event__text(const struct incident *inc, const struct pci_event *n, char *out, size_t len)
{
	char at[24] = "", times[24] = "", bdf[16];

	bdf__format(inc->segment, n->bdf, bdf);
	if (n->bdf != inc->bdf)
		snprintf(at, sizeof(at), " at %s", bdf);
	if (n->count > 1)
		snprintf(times, sizeof(times), ", %u times", n->count);
	if (n->type == ATCQ_EV_AER)
		snprintf(out, len, "AER %s, status 0x%08x%s%s", pci_event__detail(n), n->code, at, times);
	else if (n->type == ATCQ_EV_DPC)
		snprintf(out, len, "DPC, status 0x%04x%s%s", n->code, at, times);
	else
		snprintf(out, len, "slot: %s%s%s", pci_event__detail(n), at, times);
}

uint64_t incident__origin(const struct incident *inc)
{
	uint64_t first = 0;

	/* Not always the first phase: with lost or late events the order is uncertain */
	for (int p = 0; p < PHASE_MAX; p++)
		if (inc->phase_ns[p] && (!first || inc->phase_ns[p] < first))
			first = inc->phase_ns[p];
	return first ? first : inc->opened_ns;
}

static const struct {
	const char *name, *meaning;
} kinds[SPAN_MAX] = {
	[SPAN_UNANSWERED] = { "unanswered", "issued to raised: the device does not answer" },
	[SPAN_TELLING] = { "telling", "raised to detected: the issuer learns of it" },
	[SPAN_BLOCKING] = { "blocking", "detected to blocked: ATS is switched off" },
	[SPAN_FENCING] = { "fencing", "blocked to fenced: the IOMMU core takes over" },
	[SPAN_WAITING] = { "fenced", "fenced to reset_begin: waits for a reset" },
	[SPAN_RESETTING] = { "resetting", "reset_begin to reset_end" },
	[SPAN_RESTORING] = { "restoring", "reset_end to recovered: domains come back" },
};

const char *span__name(enum span_kind kind)
{
	return kinds[kind].name;
}

const char *span__meaning(enum span_kind kind)
{
	return kinds[kind].meaning;
}

bool span__exposed(enum span_kind kind)
{
	return kind <= SPAN_BLOCKING;
}

static void add(struct span *s, enum span_kind kind, uint64_t start_ns, uint64_t end_ns)
{
	s->kind = kind;
	s->start_ns = start_ns;
	s->end_ns = end_ns;
	s->gap = s->open = false;
}

/* The span of an open incident after its last timestamp */
static enum span_kind pending(const struct incident *inc, enum phase last)
{
	if (inc->state == INCIDENT_RESET_FAILED)
		return SPAN_WAITING;
	if (last == PHASE_RAISED && inc->state == INCIDENT_TIMED_OUT)
		return SPAN_UNANSWERED;
	return (enum span_kind)last;
}

size_t incident__spans(const struct incident *inc, uint64_t now_ns, struct span out[PHASE_MAX])
{
	uint64_t since = 0;
	size_t n = 0;
	int last = -1;

	for (int p = 0; p < PHASE_MAX; p++) {
		/* A timestamp before an earlier phase is wrong, and is left out */
		if (!inc->phase_ns[p] || inc->phase_ns[p] < since)
			continue;
		if (last >= 0) {
			add(&out[n], (enum span_kind)last, since, inc->phase_ns[p]);
			out[n++].gap = p != last + 1;
		}
		since = inc->phase_ns[p];
		last = p;
	}
	if (last < 0) {
		since = incident__origin(inc);
		last = inc->state == INCIDENT_RESET_FAILED ? PHASE_FENCED : PHASE_ISSUED;
	}
	if (last == PHASE_RECOVERED)
		return n;
	if (!inc->closed && now_ns > since) {
		add(&out[n], pending(inc, last), since, now_ns);
		out[n++].open = true;
	} else if (inc->closed_ns > since) {
		add(&out[n++], pending(inc, last), since, inc->closed_ns);
	}
	return n;
}

uint64_t incident__end(const struct incident *inc, uint64_t now_ns)
{
	struct span s[PHASE_MAX];
	size_t n = incident__spans(inc, now_ns, s);

	return n ? s[n - 1].end_ns : incident__origin(inc);
}
