// SPDX-License-Identifier: GPL-2.0-only
/* The source for kernels without patches/linux: less to see, said so. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <bpf/btf.h>

#include "bpf.h"
#include "inventory.h"
#include "stock.skel.h"

static void destroy(struct source *src)
{
	stock_bpf__destroy(src->skel);
}

/*
 * The function that inserts into the command queue. Since v7.3 (erratum that
 * repeats TLBIs) it has a wrapper, which gets inlined, and underscores.
 */
static const char *issue_function(void)
{
	static const char *const names[] = {
		"__arm_smmu_cmdq_issue_cmdlist", "arm_smmu_cmdq_issue_cmdlist"
	};
	struct btf *btf = btf__load_vmlinux_btf();
	const char *found = NULL;

	for (size_t i = 0; btf && !found && i < 2; i++)
		if (btf__find_by_name_kind(btf, names[i], BTF_KIND_FUNC) > 0)
			found = names[i];
	btf__free(btf);
	return found;
}

int source_stock__open(struct source *src, const struct source_opts *opts, char *err, size_t errlen)
{
	const char *function;
	struct stock_bpf *skel;
	int ret;

	if (access("/sys/kernel/btf/vmlinux", R_OK)) {
		snprintf(err, errlen, "this kernel has neither the tracepoints of patches/linux nor BTF (CONFIG_DEBUG_INFO_BTF)");
		return -EOPNOTSUPP;
	}
	function = issue_function();
	if (!function) {
		snprintf(err, errlen, "this kernel has no SMMUv3 driver built in that could be watched");
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
	bpf_program__set_attach_target(skel->progs.stock_issue_enter, 0, function);
	bpf_program__set_attach_target(skel->progs.stock_issue_exit, 0, function);
	bpf_map__set_max_entries(skel->maps.hists, inventory__smmu_slots("/sys"));
	if (opts->ring_bytes)
		bpf_map__set_max_entries(skel->maps.events, opts->ring_bytes);
	skel->rodata->every_sync = opts->every_sync;
	ret = stock_bpf__load(skel);
	if (!ret)
		ret = stock_bpf__attach(skel);
	if (ret) {
		snprintf(err, errlen, "cannot load the BPF programs: %s%s", strerror(-ret),
			 ret == -EPERM || ret == -EACCES ? " (needs CAP_BPF and CAP_PERFMON)" : "");
		return ret;
	}
	source_bpf__note_hooks(src, skel->obj);
	return source_bpf__setup(src, skel->maps.events, skel->maps.counters, skel->maps.hists,
				 err, errlen);
}
