// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>
#include <string.h>

#include "bpf.h"
#include "core/incident.h"
#include "hooks.h"

#define RESET ((1u << PHASE_RESET_BEGIN) | (1u << PHASE_RESET_END) | (1u << PHASE_RECOVERED))

const struct hook stock_hooks[] = {
	/*
	 * Inserts into the command queue. Since v7.3 (erratum that repeats TLBIs) it
	 * has underscores, and a wrapper that gets inlined. The queue is an argument
	 * since v6.12: a kernel that has four is not for us.
	 */
	{ "issue", "__arm_smmu_cmdq_issue_cmdlist", "arm_smmu_cmdq_issue_cmdlist", 5,
	  "CMD_SYNCs, ATC_INVs per device", "this kernel cannot be watched", 0 },
	/* Since v4.2 (commit 48ec83bcbcf5) */
	{ "gerror", "arm_smmu_gerror_handler", NULL, 2, "global errors", "not counted; with several SMMUs nobody knows whose error it was", 0 },
	/* Exported by commit a60a2b73ba69 (v4.13), with a result since 91295d79d658 (v4.17) */
	{ "flr", "pcie_flr", NULL, 1, "FLRs with their result", "not seen", RESET },
	/* The way of every reset of a function, whatever its method (commit 52354b9d1f46) */
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
