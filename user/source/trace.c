// SPDX-License-Identifier: GPL-2.0-only
/* The source for kernels with patches/linux. */
#include <errno.h>
#include <string.h>

#include "bpf.h"
#include "core/incident.h"
#include "driver_hist.h"
#include "inventory.h"
#include "trace.skel.h"

static void destroy(struct source *src)
{
	trace_bpf__destroy(src->skel);
}

/* Which phase is told by which of them */
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
 * All CMD_SYNCs, or only those that are out of the ordinary, as the driver counts
 * durations itself. It is cheaper by far, so the first is for who wants to see each,
 * and for a kernel that does not count or has its debugfs locked.
 */
static bool is_for_us(const struct source *src, const char *tracepoint)
{
	if (!strcmp(tracepoint, "arm_smmu_cmd_sync"))
		return !src->driver_hist;
	return strcmp(tracepoint, "arm_smmu_cmd_sync_disturbed") || src->driver_hist;
}

/* Which kernel has which of the tracepoints is its affair: load those there are */
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

int source_trace__open(struct source *src, const struct source_opts *opts, char *err, size_t errlen)
{
	struct trace_bpf *skel;
	int ret;

	if (!tracepoint__exists("arm_smmu_v3", "arm_smmu_atc_timeout")) {
		snprintf(err, errlen, "this kernel lacks the tracepoints of patches/linux");
		return -ENOENT;
	}
	skel = trace_bpf__open();
	if (!skel) {
		snprintf(err, errlen, "cannot open the BPF programs: %s", strerror(errno));
		return -errno;
	}
	src->kind = SOURCE_TRACE;
	src->skel = skel;
	src->destroy = destroy;
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
	if (ret) {
		snprintf(err, errlen, "cannot load the BPF programs: %s%s", strerror(-ret),
			 ret == -EPERM || ret == -EACCES ? " (needs CAP_BPF and CAP_PERFMON)" : "");
		return ret;
	}
	source_bpf__note_hooks(src, skel->obj);
	return source_bpf__setup(src, skel->maps.events, skel->maps.counters, skel->maps.hists,
				 err, errlen);
}
