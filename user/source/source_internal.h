/* SPDX-License-Identifier: GPL-2.0-only */
/* Internal to user/source: the parts of a source, live sources, and a recording that is read. */
#ifndef ATCQ_SOURCE_SOURCE_INTERNAL_H
#define ATCQ_SOURCE_SOURCE_INTERNAL_H

#include <bpf/libbpf.h>
#include <stddef.h>
#include <stdint.h>

#include <atcq/hist.h>

#include "kernel.h"
#include "lib/log.h"
#include "recording.h"
#include "source.h"

struct driver_hist;
struct ring_buffer;
struct bpf_object;
struct recording;

/* As the functions of source.h with the same names; optional ones are marked, fd and destroy too */
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
	struct driver_hist *driver_hist;	/* NULL: a BPF program of atcq counts CMD_SYNCs */
	uint64_t mean_checked_ns;
	uint32_t undelayed_mean_ns;
	uint32_t nhists;
	uint64_t lost_reported, lost_checked_ns;
	void (*destroy)(struct source *src);
	int (*atc_invs)(struct source *src, source_atc_fn fn, void *ctx);	/* NULL: not per device */
	void *skel;
	const struct bpf_object *obj;	/* the skeleton's */
	/* From a file */
	struct recording *rec;
};

/* Delivers @ev; negative = end the poll */
int source__emit(struct source *src, const struct atcq_event *ev);

/* An ATCQ_EV_LOST for @count events somewhere in [from_ns, to_ns] */
int source__emit_lost(struct source *src, uint64_t count, uint64_t from_ns, uint64_t to_ns);

/*
 * The functions of an unpatched kernel that bpf/stock traces, each with the commits that
 * changed it.
 */

struct hook {
	const char *name;		/* of its programs: NAME_fentry, NAME_fexit, NAME_kprobe ... */
	const char *function, *before;	/* the name now, and an older one or NULL */
	unsigned int nargs;		/* of the function, as bpf/ expects them */
	const char *seen, *cost;	/* with it; without it */
	uint32_t phases;		/* that are reported with it */
};

/* In the order in which they are to be attached */
#define STOCK_HOOKS_MAX 16
extern const struct hook stock_hooks[];
extern const size_t stock_hooks_n;

/* How @hook can be traced on this kernel, and the function's name there */
enum probe_how hook__probe(const struct hook *hook, const char **function);

/* All phases that this kernel's functions and log can report */
uint32_t hooks__phases(void);

/* The tracepoint behind the console, which carries the kernel's log (commit 95100358491a) */
#define HOOK_CONSOLE "console"

/*
 * Durations of CMD_SYNCs, as the driver of patches/linux counts them in debugfs: cheaper
 * than a program at its tracepoint. The driver counts as long as a process has the files
 * open, for all such processes together, so the counts at the open are subtracted.
 */

struct driver_hist;

/*
 * Opens the histograms of the SMMUs below @slots; @debugfs: its mount point. 0, or -errno
 * if one cannot be opened: -ENOENT where this kernel does not count durations, or
 * debugfs is not mounted. Free it with driver_hist__free().
 */
int driver_hist__open(struct driver_hist **out, const char *debugfs, uint32_t slots);

/*
 * Adds the counts of @smmu since driver_hist__open() to @out, without failed and delayed
 * CMD_SYNCs, which the driver does not count. 0 or -errno;
 * -ENOENT: there is no such SMMU.
 */
int driver_hist__add(const struct driver_hist *d, uint32_t smmu, struct atcq_hist *out);

void driver_hist__free(struct driver_hist *d);	/* NULL is fine */

/* Shared by the two BPF sources. */

extern const struct source_ops live_ops;

/* Sets up the ring buffer and the maps' descriptors of @src */
int source_bpf__setup(struct source *src, struct bpf_map *events, struct bpf_map *counters,
		      struct bpf_map *hists, struct error *err);

/* Records the attached programs in src->meta */
void source_bpf__note_hooks(struct source *src, const struct bpf_object *obj);

/* The state of a recording that is being read. */

#define MAX_SMMUS	64	/* as in bpf/common.bpf.h */
#define MAX_CLOCKS	1024
#define CLOCK_STEP_NS	1000000ull

struct clock_pair {
	uint64_t boot_ns;
	uint64_t offset;	/* CLOCK_REALTIME - CLOCK_BOOTTIME, modulo 2^64 */
};

struct recording {
	struct recording_reader *reader;
	bool over, has_meta, has_end_meta;
	struct meta end_meta;		/* with the devices at the end */
	/* The block that was read when the source was opened, not delivered yet */
	const struct atcq_rec_block *head;
	const void *raw;
	bool gap;
	uint64_t first_ns, last_ns;	/* of the delivered events */
	uint64_t unknown, malformed;
	struct atcq_rec_counters counters;
	struct atcq_rec_end end;
	struct atcq_hist *hist[MAX_SMMUS];
	struct clock_pair clock[MAX_CLOCKS];
	size_t nclocks;
};

#endif
