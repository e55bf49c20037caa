// SPDX-License-Identifier: GPL-2.0-only
/* The source for kernels without patches/linux: less to see, said so. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <bpf/bpf.h>

#include "bpf.h"
#include "hooks.h"
#include "inventory.h"
#include "stock.skel.h"

#define ATC_NEAR_USED	(1ull << 63)	/* as in bpf/stock_blame.bpf.h */

static void destroy(struct source *src)
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

/* Of the four programs of a hook, those that this kernel can have; some have no end to watch */
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

/* What can be watched, in @how, by the order of stock_hooks */
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
		bpf_program__set_autoload(skel->progs.neighbour_console, false);
	}
}

/* By hand: the name in the program's section may be that of another kernel */
static int attach_kprobes(struct stock_bpf *skel, const struct hook *hook, const char *function)
{
	struct bpf_object_skeleton *all = skel->skeleton;
	char begins[64], ends[64];

	snprintf(ends, sizeof(ends), "%s_kretprobe", hook->name);
	snprintf(begins, sizeof(begins), "%s_kprobe", hook->name);
	for (int i = 0; i < all->prog_cnt; i++) {
		struct bpf_prog_skeleton *p = &all->progs[i];
		bool at_end = !strcmp(p->name, ends);

		if (!at_end && strcmp(p->name, begins))
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
		bpf_program__set_autoload(skel->progs.neighbour_aer, false);
	skel->rodata->hotplug_from_log = !tracepoint__exists("pci", "pci_hp_event");
	if (skel->rodata->hotplug_from_log)
		bpf_program__set_autoload(skel->progs.neighbour_hotplug, false);
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

	for (size_t i = 0; i < sizeof(skel->bss->atc_near) / sizeof(skel->bss->atc_near[0]); i++) {
		key = skel->bss->atc_near[i] & ~ATC_NEAR_USED;
		n = skel->bss->atc_near_n[i];
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

int source_stock__open(struct source *src, const struct source_opts *opts, char *err, size_t errlen)
{
	const char *function;
	struct stock_bpf *skel;
	int ret;

	if (!probe__has_btf()) {
		snprintf(err, errlen, "this kernel has neither the tracepoints of patches/linux nor BTF (CONFIG_DEBUG_INFO_BTF)");
		return -EOPNOTSUPP;
	}
	if (hook__probe(&stock_hooks[0], &function) == PROBE_MISSING) {
		snprintf(err, errlen, "this kernel has no SMMUv3 driver built in that could be watched (Linux 6.12 or later has)");
		return -EOPNOTSUPP;
	}
	skel = stock_bpf__open();
	if (!skel) {
		snprintf(err, errlen, "cannot open the BPF programs: %s", strerror(errno));
		return -errno;
	}
	src->kind = SOURCE_STOCK;
	src->skel = skel;
	src->destroy = destroy;
	src->atc_invs = atc_invs;
	src->meta.phases = hooks__phases();
	ret = load(skel, opts);
	if (ret) {
		snprintf(err, errlen, "cannot load the BPF programs: %s%s", strerror(-ret),
			 ret == -EPERM || ret == -EACCES ? " (needs CAP_BPF and CAP_PERFMON)" : "");
		return ret;
	}
	source_bpf__note_hooks(src, skel->obj);
	return source_bpf__setup(src, skel->maps.events, skel->maps.counters, skel->maps.hists,
				 err, errlen);
}
