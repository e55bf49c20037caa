// SPDX-License-Identifier: GPL-2.0-only
/* The kernel as a source: chooses and attaches the programs for kernels with or without patches/linux. */
#include <bpf/bpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/incident.h"
#include "inventory.h"
#include "lib/clock.h"
#include "lib/log.h"
#include "source_internal.h"
#include "stock.skel.h"
#include "trace.skel.h"

#define RESET ((1u << PHASE_RESET_BEGIN) | (1u << PHASE_RESET_END) | (1u << PHASE_RECOVERED))

const struct hook stock_hooks[] = {
	/*
	 * Inserts into the command queue. Since v7.3 (erratum that repeats TLBIs) it
	 * has underscores, and a wrapper that gets inlined. The queue is an argument
	 * since v6.12: a kernel with four arguments is not supported.
	 */
	{ "issue", "__arm_smmu_cmdq_issue_cmdlist", "arm_smmu_cmdq_issue_cmdlist", 5,
	  "CMD_SYNCs, ATC_INVs per device", "this kernel cannot be watched", 0 },
	/* Since v4.2 (commit 48ec83bcbcf5) */
	{ "gerror", "arm_smmu_gerror_handler", NULL, 2, "global errors", "not counted; with several SMMUs the SMMU of an error is unknown", 0 },
	/* Exported by commit a60a2b73ba69 (v4.13), with a result since 91295d79d658 (v4.17) */
	{ "flr", "pcie_flr", NULL, 1, "FLRs with their result", "not seen", RESET },
	/* Every reset of a function calls it, with any method (commit 52354b9d1f46) */
	{ "reset", "__pci_reset_function_locked", NULL, 1, "resets of functions with their result", "other resets than an FLR are not seen", RESET },
	/* Since v7.0 (commit f5b16b802174); on older kernels a reset begins with its function */
	{ "prepare", "pci_dev_reset_iommu_prepare", NULL, 1, "the IOMMU blocks for a reset", "a reset begins with its function", 0 },
	{ "done", "pci_dev_reset_iommu_done", NULL, 1, "the IOMMU attaches again", "a device has recovered when its reset returns", 0 },
	/* The core calls it when a device goes: commit cefa0d55daa8 (v5.8) */
	{ "release", "arm_smmu_release_device", NULL, 1, "devices that are removed", "their incidents stay open", 0 },
};
const size_t stock_hooks_n = sizeof(stock_hooks) / sizeof(stock_hooks[0]);
_Static_assert(sizeof(stock_hooks) / sizeof(stock_hooks[0]) <= STOCK_HOOKS_MAX, "more hooks than room");

enum probe_how hook__probe(const struct hook *hook, const char **function)
{
	const char *const names[] = { hook->function, hook->before };
	enum probe_how how = PROBE_MISSING;

	*function = hook->function;
	for (size_t i = 0; i < 2 && names[i] && how == PROBE_MISSING; i++) {
		how = probe__how(names[i], hook->nargs);
		if (how != PROBE_MISSING)
			*function = names[i];
	}
	return how;
}

uint32_t hooks__phases(void)
{
	uint32_t phases = tracepoint__exists("printk", HOOK_CONSOLE) ? 1u << PHASE_RAISED : 0;
	const char *function;

	for (size_t i = 0; i < stock_hooks_n; i++)
		if (hook__probe(&stock_hooks[i], &function) != PROBE_MISSING)
			phases |= stock_hooks[i].phases;
	return phases;
}

/* The source for kernels with patches/linux. */

static void trace_destroy(struct source *src)
{
	trace_bpf__destroy(src->skel);
}

/* The phases that a tracepoint reports */
static uint32_t phases_of(const char *tracepoint)
{
	static const struct { const char *name; uint32_t phases; } table[] = {
		{ "arm_smmu_cmd_sync", 1u << PHASE_ISSUED },
		{ "arm_smmu_cmd_sync_disturbed", 1u << PHASE_ISSUED },
		{ "arm_smmu_cmdq_error", 1u << PHASE_RAISED },
		{ "arm_smmu_atc_timeout", 1u << PHASE_DETECTED },
		{ "arm_smmu_ats_blocked", 1u << PHASE_BLOCKED },
		{ "iommu_device_blocked", 1u << PHASE_FENCED },
		{ "iommu_device_unblocked", 1u << PHASE_RECOVERED },
		{ "iommu_reset_prepare", 1u << PHASE_RESET_BEGIN },
		{ "iommu_reset_done", 1u << PHASE_RESET_END },
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (!strcmp(table[i].name, tracepoint))
			return table[i].phases;
	return 0;
}

/*
 * Either an event for each CMD_SYNC, or only for those that failed or were delayed, while the
 * driver itself counts durations. The second is far cheaper: the first is used only if all
 * CMD_SYNCs are requested, or if the kernel does not count durations or locks its debugfs.
 */
static bool is_for_us(const struct source *src, const char *tracepoint)
{
	if (!strcmp(tracepoint, "arm_smmu_cmd_sync"))
		return !src->driver_hist;
	return strcmp(tracepoint, "arm_smmu_cmd_sync_disturbed") || src->driver_hist;
}

/* Kernels differ in their tracepoints: load those that exist */
static void choose_programs(struct source *src, struct trace_bpf *skel)
{
	static const char *const systems[] = { "arm_smmu_v3", "iommu", "ras", "pci", "printk" };
	struct bpf_program *prog;

	bpf_object__for_each_program(prog, skel->obj) {
		const char *name = strchr(bpf_program__section_name(prog), '/');
		bool there = false;

		name = name ? name + 1 : "";
		for (size_t i = 0; i < 5 && !there && is_for_us(src, name); i++)
			there = tracepoint__exists(systems[i], name);
		bpf_program__set_autoload(prog, there);
		if (there)
			src->meta.phases |= phases_of(name);
	}
	skel->rodata->hotplug_from_log = !tracepoint__exists("pci", "pci_hp_event");
}

/* For a kernel with patches/linux; else -ENOENT. Sets src->kind, and the hooks in src->meta */
static int source_trace__open(struct source *src, const struct source_opts *opts, struct error *err)
{
	struct trace_bpf *skel;
	int ret;

	if (!tracepoint__exists("arm_smmu_v3", "arm_smmu_atc_timeout"))
		return error__set(err, -ENOENT, "this kernel lacks the tracepoints of patches/linux");
	skel = trace_bpf__open();
	if (!skel)
		return error__set(err, -errno, "cannot open the BPF programs: %s", strerror(errno));
	src->kind = SOURCE_TRACE;
	src->skel = skel;
	src->destroy = trace_destroy;
	if (!opts->every_sync && tracepoint__exists("arm_smmu_v3", "arm_smmu_cmd_sync_disturbed"))
		driver_hist__open(&src->driver_hist, "/sys/kernel/debug", inventory__smmu_slots("/sys"));
	choose_programs(src, skel);
	bpf_map__set_max_entries(skel->maps.hists, inventory__smmu_slots("/sys"));
	if (opts->ring_bytes)
		bpf_map__set_max_entries(skel->maps.events, opts->ring_bytes);
	skel->rodata->every_sync = opts->every_sync;
	ret = trace_bpf__load(skel);
	if (!ret)
		ret = trace_bpf__attach(skel);
	if (ret)
		return error__set(err, ret, "cannot load the BPF programs: %s%s", strerror(-ret),
				  ret == -EPERM || ret == -EACCES ? " (needs CAP_BPF and CAP_PERFMON)" : "");
	source_bpf__note_hooks(src, skel->obj);
	return source_bpf__setup(src, skel->maps.events, skel->maps.counters, skel->maps.hists,
				 err);
}

#define ATC_SLOT_USED	(1ull << 63)	/* as in bpf/stock_attribution.bpf.h */

static void stock_destroy(struct source *src)
{
	stock_bpf__destroy(src->skel);
}

static struct bpf_program *program(const struct stock_bpf *skel, const struct hook *hook,
				   const char *kind)
{
	char name[64];

	snprintf(name, sizeof(name), "%s_%s", hook->name, kind);
	return bpf_object__find_program_by_name(skel->obj, name);
}

/* Chooses the programs of a hook that this kernel can attach; some hooks do not trace the end */
static void choose(struct stock_bpf *skel, const struct hook *hook, enum probe_how how,
		   const char *function)
{
	static const char *const kinds[] = { "fexit", "fentry", "kretprobe", "kprobe" };

	for (size_t i = 0; i < 4; i++) {
		struct bpf_program *prog = program(skel, hook, kinds[i]);

		if (!prog)
			continue;
		bpf_program__set_autoload(prog, how == (i < 2 ? PROBE_FENTRY : PROBE_KPROBE));
		if (i < 2)
			bpf_program__set_attach_target(prog, 0, function);
	}
}

/* @how: how each function can be traced, in the order of stock_hooks */
static void choose_all(struct stock_bpf *skel, enum probe_how *how, const char **function)
{
	for (size_t i = 0; i < stock_hooks_n; i++) {
		how[i] = hook__probe(&stock_hooks[i], &function[i]);
		choose(skel, &stock_hooks[i], how[i], function[i]);
		if (!strcmp(stock_hooks[i].name, "prepare"))
			skel->rodata->prepare_is_seen = how[i] != PROBE_MISSING;
	}
	if (!tracepoint__exists("printk", HOOK_CONSOLE)) {
		bpf_program__set_autoload(skel->progs.stock_console, false);
		bpf_program__set_autoload(skel->progs.pci_error_console, false);
	}
}

/* Not by section: the program's section may have the name of another kernel */
static int attach_kprobes(struct stock_bpf *skel, const struct hook *hook, const char *function)
{
	struct bpf_object_skeleton *all = skel->skeleton;
	char start[64], ends[64];

	snprintf(ends, sizeof(ends), "%s_kretprobe", hook->name);
	snprintf(start, sizeof(start), "%s_kprobe", hook->name);
	for (int i = 0; i < all->prog_cnt; i++) {
		struct bpf_prog_skeleton *p = &all->progs[i];
		bool at_end = !strcmp(p->name, ends);

		if (!at_end && strcmp(p->name, start))
			continue;
		*p->link = bpf_program__attach_kprobe(*p->prog, at_end, function);
		if (!*p->link)
			return -errno;
	}
	return 0;
}

static int load(struct stock_bpf *skel, const struct source_opts *opts)
{
	const char *function[STOCK_HOOKS_MAX];
	enum probe_how how[STOCK_HOOKS_MAX];
	int ret;

	choose_all(skel, how, function);
	if (!tracepoint__exists("ras", "aer_event"))
		bpf_program__set_autoload(skel->progs.pci_error_aer, false);
	skel->rodata->hotplug_from_log = !tracepoint__exists("pci", "pci_hp_event");
	if (skel->rodata->hotplug_from_log)
		bpf_program__set_autoload(skel->progs.pci_error_hotplug, false);
	bpf_map__set_max_entries(skel->maps.hists, inventory__smmu_slots("/sys"));
	if (opts->ring_bytes)
		bpf_map__set_max_entries(skel->maps.events, opts->ring_bytes);
	skel->rodata->every_sync = opts->every_sync;
	skel->rodata->ncpus = libbpf_num_possible_cpus();
	ret = stock_bpf__load(skel);
	for (size_t i = 0; !ret && i < stock_hooks_n; i++)
		if (how[i] == PROBE_KPROBE)
			ret = attach_kprobes(skel, &stock_hooks[i], function[i]);
	return ret ? ret : stock_bpf__attach(skel);
}

static int atc_invs(struct source *src, source_atc_fn fn, void *ctx)
{
	const struct stock_bpf *skel = src->skel;
	int fd = bpf_map__fd(skel->maps.atc_invs);
	uint64_t key, next, n, *from = NULL;

	for (size_t i = 0; i < sizeof(skel->bss->atc_slots) / sizeof(skel->bss->atc_slots[0]); i++) {
		key = skel->bss->atc_slots[i] & ~ATC_SLOT_USED;
		n = skel->bss->atc_slot_counts[i];
		if (n)
			fn(ctx, key >> 32, key, n);
	}
	while (!bpf_map_get_next_key(fd, from, &next)) {
		if (!bpf_map_lookup_elem(fd, &next, &n))
			fn(ctx, next >> 32, next, n);
		key = next;
		from = &key;
	}
	return 0;
}

/* The same for a kernel without patches/linux */
static int source_stock__open(struct source *src, const struct source_opts *opts, struct error *err)
{
	const char *function;
	struct stock_bpf *skel;
	int ret;

	if (!probe__has_btf())
		return error__set(err, -EOPNOTSUPP, "this kernel has neither the tracepoints of patches/linux nor BTF (CONFIG_DEBUG_INFO_BTF)");
	if (hook__probe(&stock_hooks[0], &function) == PROBE_MISSING)
		return error__set(err, -EOPNOTSUPP, "this kernel has no SMMUv3 driver built in that could be watched (Linux 6.12 or later has)");
	skel = stock_bpf__open();
	if (!skel)
		return error__set(err, -errno, "cannot open the BPF programs: %s", strerror(errno));
	src->kind = SOURCE_STOCK;
	src->skel = skel;
	src->destroy = stock_destroy;
	src->atc_invs = atc_invs;
	src->meta.phases = hooks__phases();
	ret = load(skel, opts);
	if (ret)
		return error__set(err, ret, "cannot load the BPF programs: %s%s", strerror(-ret),
				  ret == -EPERM || ret == -EACCES ? " (needs CAP_BPF and CAP_PERFMON)" : "");
	source_bpf__note_hooks(src, skel->obj);
	return source_bpf__setup(src, skel->maps.events, skel->maps.counters, skel->maps.hists,
				 err);
}

int source__open(struct source **out, const struct source_opts *opts, struct error *err)
{
	static const struct source_opts defaults;
	struct source *src = calloc(1, sizeof(*src));
	int ret;

	*out = NULL;
	if (!src)
		return -ENOMEM;
	src->ops = &live_ops;
	opts = opts ? opts : &defaults;
	libbpf_log__install();
	meta__here(&src->meta);
	src->meta.every_sync = opts->every_sync;
	src->meta.start_ns = src->lost_checked_ns = clock__boottime_ns();
	ret = source_trace__open(src, opts, err);
	if (ret == -ENOENT)
		ret = source_stock__open(src, opts, err);
	if (ret)
		goto free_source;
	snprintf(src->meta.source, sizeof(src->meta.source), "%s", source__kind_name(src->kind));
	/* After attaching, so that no change in between is missed */
	ret = inventory__read(&src->meta.inv, "/sys");
	if (!ret) {
		*out = src;
		return 0;
	}
	error__describe(err, "/sys: %s", strerror(-ret));
free_source:
	source__free(src);
	return ret;
}
