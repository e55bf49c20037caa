/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The one table of all families: exposition, docs/metrics.md and the tests come from
 * it. A name's suffix says its unit (_seconds, _bytes), as Prometheus has it.
 */
#ifndef ATCQ_METRICS_FAMILY_H
#define ATCQ_METRICS_FAMILY_H

#include <stdbool.h>
#include <stddef.h>

#include "bounds.h"

#define FAMILY_LABELS 8

enum family_type { FAMILY_COUNTER, FAMILY_GAUGE, FAMILY_HISTOGRAM };

/* When a family has series; docs/metrics.md says it in words */
enum family_life {
	LIFE_ALWAYS,		/* from the start, 0 where nothing has happened yet */
	LIFE_DEVICE,		/* with the device, and for 15 minutes after its removal */
	LIFE_DEVICE_PATCHED,	/* the same, where the kernel tells it (patches/linux) */
	LIFE_DEVICE_STOCK,	/* the same, where the source counts it (unpatched kernels) */
	LIFE_SOURCE,		/* on a machine with an SMMUv3 */
	LIFE_ARMED,		/* while it is so */
	LIFE_DB,		/* with --db */
	LIFE_SERVER,		/* with --listen */
	LIFE_BPF_STATS,		/* while the administrator has kernel.bpf_stats_enabled=1 */
};

struct metrics;
struct emit;

struct family {
	const char *name;		/* as in the text exposition, with prefix and _total */
	enum family_type type;
	enum family_life life;
	const char *labels[FAMILY_LABELS];
	const char *help;		/* one line, no full stop */
	const struct bounds *bounds;	/* FAMILY_HISTOGRAM: of its _bucket series */
	void (*emit)(const struct metrics *m, struct emit *e);
};

extern const struct family families[];
extern const size_t families_n;

const char *family_type__name(enum family_type t);	/* "counter"... */
const char *family__unit(const struct family *f);	/* "seconds", "bytes", "" */

/* Length of the name without _total, which is what OpenMetrics and protobuf call the family */
size_t family__stem(const struct family *f);

/* process_*, which another exporter has under the same names */
bool family__is_process(const struct family *f);

#endif
