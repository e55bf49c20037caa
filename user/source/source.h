/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where events come from.  A source turns what one kernel offers into struct
 * atcq_event; everything behind it (tracker, sinks) is the same for all.
 *
 * Owner of a source: whoever opened it, until source__free().  Not thread-safe.
 */
#ifndef ATCQ_SOURCE_H
#define ATCQ_SOURCE_H

#include <stdbool.h>
#include <stdint.h>

#include <atcq/event.h>
#include <atcq/hist.h>

struct source;

enum source_kind {
	SOURCE_TRACE,	/* the tracepoints of patches/linux: bpf/trace */
	SOURCE_STOCK,	/* fentry/fexit and the log of an unpatched kernel: bpf/stock */
};

/* Counted since source__open(); all only ever grow */
struct source_counters {
	uint64_t events;		/* handed to the callback */
	uint64_t lost_ringbuf;		/* dropped in the kernel: ring buffer full */
	uint64_t lost_other;		/* malformed or unknown records */
	uint64_t cmd_syncs;
	uint64_t cmd_sync_failures;
	uint64_t gerrors;
	uint64_t cmdq_errors;
	uint64_t atc_invs;		/* ATC_INV commands issued */
	uint64_t atc_suppressed;
};

/* Called for each event in the order of the ring buffer; return 0 or -errno to stop */
typedef int (*source_event_fn)(void *ctx, const struct atcq_event *ev);

/*
 * Opens the best source that this kernel offers and attaches it.
 * Returns 0, or -errno with one sentence in @err (which says what is missing
 * and what to do); -EOPNOTSUPP: the kernel offers neither kind, -EPERM: it
 * would, but not to this process.
 */
int source__open(struct source **out, char *err, size_t errlen);
enum source_kind source__kind(const struct source *src);
const char *source__kind_name(enum source_kind kind);

/* An epoll-able descriptor, readable when events wait; owned by the source */
int source__fd(const struct source *src);

/* Waits up to @timeout_ms (0: just drains, -1: until a signal); number of events or -errno (-EINTR) */
int source__poll(struct source *src, int timeout_ms, source_event_fn fn, void *ctx);

int source__counters(const struct source *src, struct source_counters *out);

/* Sums the CMD_SYNC histogram of @smmu over all CPUs; -ENOENT: nothing seen there */
int source__hist(const struct source *src, uint32_t smmu, struct atcq_hist *out);

void source__free(struct source *src);	/* NULL is fine */

#endif
