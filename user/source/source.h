/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A source converts what one kernel offers into struct atcq_event; the tracker and the
 * output are the same for all sources.
 *
 * The caller that opened a source owns it until source__free().  Not thread-safe.
 */
#ifndef ATCQ_SOURCE_SOURCE_H
#define ATCQ_SOURCE_SOURCE_H

#include <stdbool.h>
#include <stdint.h>

#include <atcq/event.h>
#include <atcq/hist.h>

#include "lib/log.h"
#include "recording.h"

struct source;

enum source_kind {
	SOURCE_TRACE,	/* the tracepoints of patches/linux: bpf/trace */
	SOURCE_STOCK,	/* fentry/fexit and the log of an unpatched kernel: bpf/stock */
	SOURCE_UNKNOWN,	/* a recording whose description is damaged */
};

/* Counted since source__open(); all only ever grow */
struct source_counters {
	uint64_t events;		/* delivered to the callback */
	uint64_t lost_ringbuf;		/* dropped in the kernel: ring buffer full */
	uint64_t lost_other;		/* malformed or unknown records */
	uint64_t cmd_syncs;
	uint64_t cmd_sync_failures;
	uint64_t gerrors;
	uint64_t cmdq_errors;
	uint64_t atc_invs;		/* ATC_INV commands issued */
	uint64_t atc_suppressed;
};

/*
 * Called for each event in the order of the ring buffer, which is not quite the order
 * of time (core/event.h), and for losses (ATCQ_EV_LOST).  Return 0 or
 * -errno to stop.
 */
typedef int (*source_event_fn)(void *ctx, const struct atcq_event *ev);

struct source_opts {
	bool every_sync;	/* an event for each CMD_SYNC, not only for those that fail */
	uint32_t ring_bytes;	/* of the ring buffer, a power of two; 0: the default */
};

/*
 * Opens the best source that this kernel offers and attaches it. @opts: NULL = defaults.
 * Returns 0, or -errno with an error message in @err (what is missing and what to do);
 * -EOPNOTSUPP: the kernel offers neither kind, -EPERM: this process lacks a privilege.
 */
int source__open(struct source **out, const struct source_opts *opts, struct error *err);

/*
 * Opens a recording; "-" is standard input.  0, or -errno with an error message in @err:
 * -EINVAL: it is no recording, or nothing in it can be read.
 */
int source__open_file(struct source **out, const char *path, struct error *err);
bool source__recorded(const struct source *src);

/* True once all events of a recording were delivered; never for a live source */
bool source__ended(const struct source *src);

/* From the start of the recording to its end, or to its last readable record, in ns */
uint64_t source__span_ns(const struct source *src);

/*
 * The complaint about a recording that has ended: it is truncated, damaged, or from a
 * newer version. One line; "" if it is complete.
 */
void source__complaint(const struct source *src, char *text, size_t len);

/* CLOCK_REALTIME of a CLOCK_BOOTTIME, by the clocks in the recording, or of now; 0 if unknown */
uint64_t source__realtime(const struct source *src, uint64_t boot_ns);

/* Now, CLOCK_BOOTTIME in ns; in a recording, up to where it has been read */
uint64_t source__now_ns(const struct source *src);

/* The devices at the end of a recording that has ended; NULL: not known, or live */
const struct inventory *source__end_devices(const struct source *src);

/* The source's kernel, boot, and devices when it was opened */
const struct meta *source__meta(const struct source *src);
enum source_kind source__kind(const struct source *src);
const char *source__kind_name(enum source_kind kind);

/* Mask of phases (enum phase) that this source can report */
uint32_t source__phases(const struct source *src);

/*
 * ATC_INVs since source__open(), by Stream ID in no order.  0 or -errno;
 * -EOPNOTSUPP: this source does not count them per Stream ID.
 */
typedef void (*source_atc_fn)(void *ctx, uint32_t smmu, uint32_t sid, uint64_t n);
int source__atc_invs(struct source *src, source_atc_fn fn, void *ctx);

bool source__counts_atc_invs(const struct source *src);

/* The BPF programs that a live source has attached: descriptors, and the names they have in bpf/ */
typedef void (*source_program_fn)(void *ctx, int fd, const char *name);
void source__programs(const struct source *src, source_program_fn fn, void *ctx);

/* An epoll-able descriptor, readable when events wait; owned by the source. -1: never waits */
int source__fd(const struct source *src);

/* Waits up to @timeout_ms (0: just drains, -1: until a signal); number of events or -errno (-EINTR) */
int source__poll(struct source *src, int timeout_ms, source_event_fn fn, void *ctx);

int source__counters(const struct source *src, struct source_counters *out);

/* lost_ringbuf and lost_other together, without the cost of all the others; UINT64_MAX: not known */
uint64_t source__lost(const struct source *src);

/* The same separately: dropped by a full ring buffer, and malformed; 0 or -errno */
int source__losses(const struct source *src, uint64_t *ringbuf, uint64_t *other);

/* Sums the CMD_SYNC histogram of @smmu over all CPUs; -ENOENT: nothing seen there */
int source__hist(const struct source *src, uint32_t smmu, struct atcq_hist *out);

void source__free(struct source *src);	/* NULL is fine */

#endif
