// SPDX-License-Identifier: GPL-2.0-only
#include "sink/sink.h"
#include "spans.h"

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

/* What an open incident is in since its last stamp */
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
		/* One that lies before those before it cannot be, and is left out */
		if (!inc->stamp[p] || inc->stamp[p] < since)
			continue;
		if (last >= 0) {
			add(&out[n], (enum span_kind)last, since, inc->stamp[p]);
			out[n++].gap = p != last + 1;
		}
		since = inc->stamp[p];
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
