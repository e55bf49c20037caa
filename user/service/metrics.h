/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Prometheus metrics: counts what the tracker and the source deliver, reads the rest
 * at each scrape, and writes it in one of three formats. The table in metrics.c has
 * all families; docs/metrics.md is made from it.
 *
 * Nothing here touches a device's registers or its configuration space. Not
 * thread-safe: all calls come from the event loop's thread.
 */
#ifndef ATCQ_SERVICE_METRICS_H
#define ATCQ_SERVICE_METRICS_H

#include "lib/text.h"
#include "source/monitor.h"

enum metrics_format {
	METRICS_TEXT,		/* text/plain; version=0.0.4 */
	METRICS_OPENMETRICS,	/* application/openmetrics-text; version=1.0.0 */
	METRICS_PROTOBUF,	/* io.prometheus.client.MetricFamily, delimited; native histograms */
	METRICS_TEXTFILE,	/* as METRICS_TEXT without process_*: node_exporter has its own */
	METRICS_FORMATS
};

/*
 * The format that @accept, an Accept header or NULL, likes best. Never fails:
 * an invalid header, or a format that is not offered, gives text 0.0.4.
 */
enum metrics_format metrics__negotiate(const char *accept);

/* For the Content-Type header */
const char *metrics__content_type(enum metrics_format f);

struct metrics;
struct recorder_totals;

/* The history's own; counters are since the start */
struct metrics_history {
	uint64_t write_errors;
	uint64_t refused;			/* incidents */
	uint64_t deleted_age, deleted_size;	/* incidents, by the limit that they were beyond */
	int64_t size_bytes;			/* -1: not known */
};

struct metrics_config {
	const char *sysfs;		/* "/sys" except in tests; borrowed */
	const char *armed_dir;		/* REGISTRY_DIR except in tests; borrowed */
	const char *devices;		/* glob of the PCI addresses that have series, NULL: all; borrowed */
	/* The history's, read at each collection; NULL: none is kept */
	void (*history)(void *ctx, struct metrics_history *out);
	void *history_ctx;
	/* Clocks of tests, in ns; NULL: CLOCK_REALTIME and CLOCK_BOOTTIME */
	int64_t (*realtime)(void);
	uint64_t (*boottime)(void);
};

/* @cfg is copied. 0 or -ENOMEM */
int metrics__new(struct metrics **out, const struct metrics_config *cfg);
void metrics__free(struct metrics *m);		/* NULL is fine */

/*
 * Where events and counters come from from now on; borrowed. Without it there is
 * no SMMU here: up, with no device. To be called once, before the first event.
 * 0 or -ENOMEM.
 */
int metrics__start(struct metrics *m, struct monitor *w);

/* For the tracker and the source; neither does I/O */
void metrics__phase(struct metrics *m, const struct incident *inc, enum phase phase);
void metrics__event(struct metrics *m, const struct atcq_event *ev);

/*
 * Collects again and appends the result to @out. 0 or -ENOMEM (then @out is
 * incomplete). collector_success reports a collector that fails, not this function.
 */
int metrics__render(struct metrics *m, enum metrics_format f, struct buf *out);

/* Requests that the server reports. @handler: one of few constants, which live as long as @m */
void metrics__request(struct metrics *m, const char *handler, unsigned int code);
/* Has series, from 0 on, before its first request */
void metrics__handler(struct metrics *m, const char *handler, unsigned int code);
void metrics__config_reload(struct metrics *m, bool successful);
/* "cap_bpf,cap_perfmon" or "none"; "filter", "none"...; copied */
void metrics__privileges(struct metrics *m, const char *capabilities, const char *seccomp);

#endif
