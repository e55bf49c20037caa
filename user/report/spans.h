/* SPDX-License-Identifier: GPL-2.0-only */
/* An incident cut into what was going on between two stamps, for who draws it. */
#ifndef ATCQ_SPANS_H
#define ATCQ_SPANS_H

#include "core/incident.h"

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
	bool gap;	/* a stamp in between is not known */
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
