/* SPDX-License-Identifier: GPL-2.0-only */
/* What the two BPF sources share: internal to user/source. */
#ifndef ATCQ_SOURCE_BPF_H
#define ATCQ_SOURCE_BPF_H

#include <bpf/libbpf.h>

#include "source.h"

struct source {
	enum source_kind kind;
	struct ring_buffer *ring;
	int counters_fd, hists_fd;
	uint64_t events, malformed;
	source_event_fn fn;
	void *ctx;
	int fn_ret;
	void (*destroy)(struct source *src);
	void *skel;
};

/* Both return 0, or -errno with a sentence; -ENOENT: this kernel is not for them */
int source_trace__open(struct source *src, char *err, size_t errlen);
int source_stock__open(struct source *src, char *err, size_t errlen);

/* Sets up the ring buffer and the maps' descriptors of @src */
int source_bpf__setup(struct source *src, struct bpf_map *events, struct bpf_map *counters,
		      struct bpf_map *hists, char *err, size_t errlen);

/* Sends libbpf's messages through ours */
void libbpf_log__install(void);

/* Is the event arm_smmu_v3:NAME, iommu:NAME ... known to this kernel? */
bool tracepoint__exists(const char *system, const char *name);

#endif
