/* SPDX-License-Identifier: GPL-2.0-only */
/* What a source is made of: internal to user/source. */
#ifndef ATCQ_SOURCE_IMPL_H
#define ATCQ_SOURCE_IMPL_H

#include "source.h"

struct driver_hist;
struct ring_buffer;
struct bpf_object;
struct recording;

/* As their namesakes in source.h say; those that may be missing are marked, or fd and destroy */
struct source_ops {
	int (*fd)(const struct source *src);
	int (*poll)(struct source *src, int timeout_ms);
	bool (*ended)(const struct source *src);
	int (*counters)(const struct source *src, struct source_counters *out);
	uint64_t (*lost)(const struct source *src);	/* NULL: by counters */
	int (*hist)(const struct source *src, uint32_t smmu, struct atcq_hist *out);
	void (*programs)(const struct source *src, source_program_fn fn, void *ctx);	/* NULL: it has none */
	void (*destroy)(struct source *src);
};

struct source {
	const struct source_ops *ops;
	enum source_kind kind;
	struct meta meta;
	/* Of the poll that runs */
	source_event_fn fn;
	void *ctx;
	int fn_ret;
	uint64_t events, malformed;
	/* Live */
	struct ring_buffer *ring;
	int counters_fd, hists_fd;
	struct driver_hist *driver_hist;	/* NULL: CMD_SYNCs are counted by a program of ours */
	uint64_t usual_checked_ns;
	uint32_t usual_ns;
	uint32_t nhists;
	uint64_t lost_told, lost_checked_ns;
	void (*destroy)(struct source *src);
	int (*atc_invs)(struct source *src, source_atc_fn fn, void *ctx);	/* NULL: not per device */
	void *skel;
	const struct bpf_object *obj;	/* the skeleton's */
	/* From a file */
	struct recording *rec;
};

/* Hands @ev over; negative = end the poll */
int source__emit(struct source *src, const struct atcq_event *ev);

/* An ATCQ_EV_LOST for @count events somewhere in [from_ns, to_ns] */
int source__emit_lost(struct source *src, uint64_t count, uint64_t from_ns, uint64_t to_ns);

#endif
