/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How samples are written down. Collectors call emit__*() for each series of the
 * family that is due; a format is a struct emit_ops.
 */
#ifndef ATCQ_METRICS_EMIT_H
#define ATCQ_METRICS_EMIT_H

#include "family.h"
#include "lib/text.h"

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

#define NUMBER_ROOM 64	/* for any of them */
char *number__uint(char *at, uint64_t v);	/* return the end */
char *number__ns(char *at, uint64_t ns);	/* in seconds, exact: "0.001234567" */
char *number__double(char *at, double v);	/* the shortest that is the same number; NaN, +Inf, -Inf */

#endif
