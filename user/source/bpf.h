/* SPDX-License-Identifier: GPL-2.0-only */
/* What the two BPF sources share: internal to user/source. */
#ifndef ATCQ_SOURCE_BPF_H
#define ATCQ_SOURCE_BPF_H

#include <bpf/libbpf.h>

#include "impl.h"

/*
 * Both return 0, or -errno with a sentence; -ENOENT: this kernel is not for them.
 * What kind it is and which hooks there are goes to src->kind and src->meta.
 */
int source_trace__open(struct source *src, const struct source_opts *opts, char *err, size_t errlen);
int source_stock__open(struct source *src, const struct source_opts *opts, char *err, size_t errlen);

/* Sets up the ring buffer and the maps' descriptors of @src */
int source_bpf__setup(struct source *src, struct bpf_map *events, struct bpf_map *counters,
		      struct bpf_map *hists, char *err, size_t errlen);

/* Notes what is attached in src->meta */
void source_bpf__note_hooks(struct source *src, const struct bpf_object *obj);

/* Sends libbpf's messages through ours */
void libbpf_log__install(void);

/* Is the event arm_smmu_v3:NAME, iommu:NAME ... known to this kernel? */
bool tracepoint__exists(const char *system, const char *name);

#endif
