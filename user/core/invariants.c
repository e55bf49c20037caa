// SPDX-License-Identifier: GPL-2.0-only
/* Names and verdicts of the invariants; invariants_check.c checks them. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "event.h"
#include "incident.h"
#include "invariants_internal.h"

#define MAX_DEVICES 65536

static const struct { const char *name, *about; } table[INV_MAX] = {
	[INV_FENCED_SILENT] = { "fenced-silent", "no ATC_INV goes to a device that is fenced" },
	[INV_BLOCKED_SILENT] = { "blocked-silent",
		"once ATS is blocked, at most one more ATC_INV for each domain of the device" },
	[INV_ATS_OFF_FIRST] = { "ats-off-first", "ATS is blocked before the flush that timed out returns" },
	[INV_ISSUER_TOLD] = { "issuer-told", "the issuer of a CMD_SYNC gets to know its error" },
	[INV_RESET_LIFTS] = { "reset-lifts", "only a good reset lifts a block" },
	[INV_INNOCENT_SPARED] = { "innocent-spared", "devices that answer keep ATS" },
	[INV_RECOVERED_HEARD] = { "recovered-heard", "a device that is trusted gets all of its ATC_INVs" },
	[INV_INCIDENT_ENDS] = { "incident-ends",
		"every incident ends recovered, reset-failed or removed" },
	[INV_ERRORS_BOUNDED] = { "errors-bounded", "an incident has few queue errors" },
};

const char *invariant__name(enum invariant which)
{
	return table[which].name;
}

const char *invariant__about(enum invariant which)
{
	return table[which].about;
}

const char *invariant_verdict__name(enum invariant_verdict v)
{
	static const char *const names[] = { "held", "violated", "no occasion", "not judged" };

	return names[v];
}

struct invariants *invariants__new(const struct invariant_limits *limits, violation_fn fn, void *ctx)
{
	struct invariants *c = calloc(1, sizeof(*c));

	if (c) {
		c->limits = *limits;
		c->fn = fn;
		c->ctx = ctx;
	}
	return c;
}

void invariants__free(struct invariants *c)
{
	if (c)
		free(c->state);
	free(c);
}

struct device_state *invariants_device_state(struct invariants *c, uint32_t smmu, uint32_t sid,
				   uint32_t segment, uint32_t bdf)
{
	struct device_state *s, *grown;

	for (size_t i = 0; i < c->nstates; i++) {
		s = &c->state[i];
		if (bdf != ATCQ_NONE ? s->bdf == bdf && s->segment == segment :
				       s->bdf == ATCQ_NONE && s->smmu == smmu && s->sid == sid)
			return s;
	}
	if (c->nstates == c->capacity) {
		size_t capacity = c->capacity ? c->capacity * 2 : 32;

		grown = capacity <= MAX_DEVICES ? realloc(c->state, capacity * sizeof(*grown)) : NULL;
		if (!grown) {
			c->was_lost = true;
			return NULL;
		}
		c->state = grown;
		c->capacity = capacity;
	}
	s = &c->state[c->nstates++];
	*s = (struct device_state) { .smmu = smmu, .sid = sid, .segment = segment, .bdf = bdf };
	return s;
}

void invariants__seed(struct invariants *c, uint32_t smmu, uint32_t sid, uint32_t segment,
		      uint32_t bdf, enum atcq_blocked blocked, bool trusted, uint64_t time_ns)
{
	struct device_state *s = invariants_device_state(c, smmu, sid, segment, bdf);

	if (!s)
		return;
	s->known = trusted;
	s->trusted = trusted;
	s->trusted_ns = time_ns;
	s->blocked = s->fenced = blocked != ATCQ_BLOCKED_NO;
	s->fenced_ns = time_ns;
	s->last_reset = blocked == ATCQ_BLOCKED_RESET_FAILED ? RESET_BAD : RESET_NONE;
	s->open = blocked == ATCQ_BLOCKED_RESET_FAILED || blocked == ATCQ_BLOCKED_BROKEN;
}

static void name_device(const struct device_state *s, char out[32])
{
	if (!s)
		snprintf(out, 32, "an SMMU");
	else if (s->bdf == ATCQ_NONE)
		snprintf(out, 32, "Stream ID %#x", s->sid);
	else
		bdf__format(s->segment, s->bdf, out);
}

void invariants_violate(struct invariants *c, enum invariant which, uint64_t time_ns,
			const struct device_state *s, const char *fmt, ...)
{
	struct violation *v = &c->pending[c->npending];
	char name[32];
	va_list ap;
	size_t n;

	c->count[which].pending++;
	if (c->npending == MAX_PENDING)
		return;
	c->npending++;
	*v = (struct violation) {
		.which = which, .time_ns = time_ns, .smmu = ATCQ_NONE, .sid = ATCQ_NONE,
		.segment = ATCQ_NONE, .bdf = ATCQ_NONE,
	};
	if (s) {
		v->smmu = s->smmu;
		v->sid = s->sid;
		v->segment = s->segment;
		v->bdf = s->bdf;
	}
	name_device(s, name);
	n = snprintf(v->text, sizeof(v->text), "%s: ", name);
	va_start(ap, fmt);
	vsnprintf(v->text + n, sizeof(v->text) - n, fmt, ap);
	va_end(ap);
}

/* Events were lost: the state of all devices is unknown */
static void forget(struct invariants *c)
{
	c->was_lost = true;
	c->nstates = 0;
	c->exemptions = 0;
	memset(c->list, 0, sizeof(c->list));
	memset(&c->raised, 0, sizeof(c->raised));
	memset(&c->given_up, 0, sizeof(c->given_up));
}

void invariants__start(struct invariants *c, uint64_t lost)
{
	c->lost = lost;
}

void invariants__settle(struct invariants *c, uint64_t lost)
{
	bool hole = lost != c->lost;

	for (size_t i = 0; !hole && c->fn && i < c->npending; i++)
		c->fn(c->ctx, &c->pending[i]);
	for (int i = 0; i < INV_MAX; i++) {
		if (!hole)
			c->count[i].violated += c->count[i].pending;
		c->count[i].pending = 0;
	}
	c->npending = 0;
	c->lost = lost;
	if (hole)
		forget(c);
}

static void check_errors(struct invariants *c, const struct device_state *s, uint64_t time_ns)
{
	unsigned int most = c->limits.cpus * (1 + c->limits.domains);

	if (!s->open || s->block_failed)
		return;
	invariants_checked(c, INV_ERRORS_BOUNDED);
	if (s->errors > most)
		invariants_violate(c, INV_ERRORS_BOUNDED, time_ns, s,
				   "%u queue errors in one incident, more than %u", s->errors, most);
}

void invariants_end_incident(struct invariants *c, const struct device_state *s, uint64_t time_ns)
{
	check_errors(c, s, time_ns);
	if (s->open)
		invariants_checked(c, INV_INCIDENT_ENDS);
}

static const char *stage(const struct device_state *s)
{
	if (s->last_reset == RESET_GOOD && s->blocked)
		return "blocked, though its last reset was good";
	if (s->last_reset == RESET_STARTED)
		return "being reset";
	return s->fenced ? "fenced" : s->block_tried ? "without ATS, and not fenced" : "timed out";
}

/* One violation for all of them: it is the same fault */
static void check_unreported(struct invariants *c, uint64_t time_ns)
{
	const struct position *last = NULL;
	unsigned int n = 0;

	for (unsigned int i = 0; i < MAX_POSITIONS; i++) {
		if (!c->raised.p[i].time_ns)
			continue;
		n++;
		if (!last || c->raised.p[i].time_ns > last->time_ns)
			last = &c->raised.p[i];
	}
	if (last)
		invariants_violate(c, INV_ISSUER_TOLD, time_ns, NULL,
				   "%u queue error(s) were not reported to an issuer, the last at position %#x of SMMU %u's queue",
				   n, last->prod, last->smmu);
}

static void check_end(struct invariants *c, uint64_t time_ns)
{
	for (size_t i = 0; i < c->nstates; i++) {
		struct device_state *s = &c->state[i];

		if (s->known && s->suspected && !s->block_tried)
			invariants_violate(c, INV_ATS_OFF_FIRST, time_ns, s,
					   "timed out, but its ATS was never blocked");
		if (!s->open)
			continue;
		invariants_end_incident(c, s, time_ns);
		if (s->last_reset != RESET_BAD && !s->reattach_failed)
			invariants_violate(c, INV_INCIDENT_ENDS, time_ns, s, "is still %s", stage(s));
	}
	check_unreported(c, time_ns);
}

void invariants__give_up(struct invariants *c)
{
	c->was_lost = true;
}

void invariants__finish(struct invariants *c, uint64_t time_ns, uint64_t lost)
{
	invariants__settle(c, lost);
	check_end(c, time_ns);
	invariants__settle(c, lost);
}

enum invariant_verdict invariants__verdict(const struct invariants *c, enum invariant which)
{
	if (c->count[which].violated)
		return VERDICT_VIOLATED;
	if (c->was_lost)
		return VERDICT_NOT_CHECKED;
	return c->count[which].checked ? VERDICT_HELD : VERDICT_NO_OCCASION;
}

uint64_t invariants__checked(const struct invariants *c, enum invariant which)
{
	return c->count[which].checked;
}

uint64_t invariants__violated(const struct invariants *c, enum invariant which)
{
	return c->count[which].violated;
}
