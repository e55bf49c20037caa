// SPDX-License-Identifier: GPL-2.0-only
#include <jansson.h>
#include <stddef.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "command.h"
#include "core/incident.h"
#include "inject/fault.h"
#include "inject/link.h"
#include "lib/file.h"
#include "lib/log.h"
#include "source/inventory.h"
#include "source/kernel.h"
#include "source/source_internal.h"

struct doctor_opts {
	bool json;
};

static const struct opt doctor_options[] = {
	{ "json", 0, OPT_FLAG, NULL, "JSON instead of text", offsetof(struct doctor_opts, json), 0, 0, NULL, false },
	{ NULL, 0, 0, NULL, NULL, 0, 0, 0, NULL, false },
};

/* The tracepoints of patches/linux, and what is not seen without each */
static const struct {
	const char *system, *name, *cost;
} tracepoints[] = {
	{ "arm_smmu_v3", "arm_smmu_cmd_sync", "no CMD_SYNC durations, no exposure" },
	{ "arm_smmu_v3", "arm_smmu_cmd_sync_disturbed", "monitoring costs each CMD_SYNC more" },
	{ "arm_smmu_v3", "arm_smmu_gerror", "global errors are not counted" },
	{ "arm_smmu_v3", "arm_smmu_cmdq_error", "no quarantine latency" },
	{ "arm_smmu_v3", "arm_smmu_atc_timeout", "incidents cannot be seen" },
	{ "arm_smmu_v3", "arm_smmu_ats_blocked", "no quarantine latency, no exposure" },
	{ "arm_smmu_v3", "arm_smmu_atc_answered", "cleared suspects look like incidents" },
	{ "arm_smmu_v3", "arm_smmu_ats_restored", "ATS restored is not seen" },
	{ "arm_smmu_v3", "arm_smmu_atc_inv_suppressed", "suppressed ATC_INVs are not counted" },
	{ "iommu", "iommu_device_broken", "reports of drivers are not seen" },
	{ "iommu", "iommu_device_blocked", "fences are not seen" },
	{ "iommu", "iommu_device_unblocked", "recovery is not seen" },
	{ "iommu", "iommu_device_released", "removed devices are not seen" },
	{ "iommu", "iommu_reset_prepare", "no reset times" },
	{ "iommu", "iommu_reset_done", "no reset times and results" },
	{ "iommu", "iommu_fault_fired", "tests look like failures" },
};

struct report_line {
	json_t *list;		/* NULL: text */
	bool all_ok;
};

/* @how: by what it is seen, or NULL */
static void check_how(struct report_line *r, bool ok, const char *what, const char *cost,
		      const char *how)
{
	r->all_ok &= ok;
	if (r->list)
		json_array_append_new(r->list, json_pack("{s:s, s:b, s:o, s:o}", "item", what, "ok", ok,
			"cost", ok ? json_null() : json_string(cost),
			"by", how && ok ? json_string(how) : json_null()));
	else
		printf("%-8s %-51s %s\n", ok ? "ok" : "MISSING", what, !ok ? cost : how ? how : "");
}

static void check(struct report_line *r, bool ok, const char *what, const char *cost)
{
	check_how(r, ok, what, cost, NULL);
}

/* What is seen of a kernel without patches/linux, and how */
static void check_stock(struct report_line *r)
{
	uint32_t reported = hooks__phases();
	const char *function;
	char text[96], by[96], list[128] = "";

	for (size_t i = 0; i < stock_hooks_n; i++) {
		const struct hook *h = &stock_hooks[i];
		enum probe_how how = hook__probe(h, &function);

		snprintf(text, sizeof(text), "seen: %s", h->seen);
		snprintf(by, sizeof(by), "%s %s", probe_how__name(how), function);
		check_how(r, how != PROBE_MISSING, text, h->cost, by);
	}
	check_how(r, tracepoint__exists("printk", HOOK_CONSOLE), "seen: CMDQ errors by cause",
		  "incidents cannot be seen", "the driver's messages");
	for (int p = 0; p < PHASE_MAX; p++)
		if (!(reported >> p & 1))
			snprintf(list + strlen(list), sizeof(list) - strlen(list), "%s%s",
				 *list ? ", " : "unknown: ", phase__name(p));
	check(r, !*list, "seen: all phases of incidents", list);
}

static void check_pci_events(struct report_line *r)
{
	check_how(r, tracepoint__exists("ras", "aer_event"), "related PCIe events: AER",
		  "errors of devices do not appear in their incidents", "tracepoint ras:aer_event");
	check_how(r, tracepoint__exists("printk", HOOK_CONSOLE), "related PCIe events: DPC",
		  "containment does not appear in incidents", "the port's messages");
	check_how(r, tracepoint__exists("pci", "pci_hp_event") || tracepoint__exists("printk", HOOK_CONSOLE),
		  "related PCIe events: slots (pciehp)", "plugging does not appear in incidents",
		  tracepoint__exists("pci", "pci_hp_event") ? "tracepoint pci:pci_hp_event" :
							      "the port's messages");
}

/* Not a lack if it is for none: most slots of servers are hot-plug slots */
static void check_links(struct report_line *r, const struct inventory *inv)
{
	struct error err;
	char text[96];
	struct link *l;
	size_t n = 0;

	for (size_t i = 0; i < inv->ndev; i++) {
		n += !link__open(&l, inv->dev[i].bdf, "/sys", &err);
		link__free(l);
	}
	snprintf(text, sizeof(text), "fault link-disable: for %zu of %zu devices%s", n, inv->ndev,
		 n == inv->ndev ? "" : ", not in hot-plug slots");
	check(r, true, text, NULL);
}

static void check_all(struct report_line *r)
{
	struct inventory inv = { 0 };
	bool state = false, patched = tracepoint__exists("arm_smmu_v3", "arm_smmu_atc_timeout");
	char text[96];

	inventory__read(&inv, "/sys");
	for (size_t i = 0; i < inv.ndev; i++)
		state |= inv.dev[i].state_known;
	check(r, inv.nsmmu > 0, "SMMUv3", "this machine has nothing to monitor");
	check(r, probe__privileged(), "privileges: CAP_BPF and CAP_PERFMON",
	      "only 'list' works; run it as root");
	check(r, probe__has_btf(), "BTF (CONFIG_DEBUG_INFO_BTF)",
	      "no fault injection, and nothing is seen of an unpatched kernel");
	for (size_t i = 0; i < sizeof(tracepoints) / sizeof(tracepoints[0]); i++) {
		snprintf(text, sizeof(text), "tracepoint %s:%s", tracepoints[i].system, tracepoints[i].name);
		check(r, tracepoint__exists(tracepoints[i].system, tracepoints[i].name), text,
		      tracepoints[i].cost);
	}
	for (size_t i = 0; i < fault_points_n; i++) {
		snprintf(text, sizeof(text), "fault point %s", fault_points[i].name);
		check(r, probe__has_function(fault_points[i].function), text,
		      "cannot be injected (patches/linux, CONFIG_IOMMU_FAULT_POINTS)");
	}
	check_links(r, &inv);
	if (!patched)
		check_stock(r);
	check_pci_events(r);
	check(r, !access(ATCQ_FAULT_ENABLE_FILE, R_OK), "debugfs: iommu_fault_points/enable",
	      "fault points cannot be switched on");
	check(r, state, "sysfs: iommu_state, arm-smmu-v3",
	      "states and Stream IDs of devices are unknown");
	inventory__free(&inv);
}

static int do_doctor(const void *opts, int argc, char **argv, char **command)
{
	const struct doctor_opts *o = opts;
	struct report_line r = { .list = o->json ? json_array() : NULL, .all_ok = true };
	struct utsname un = { 0 };
	int ret = 0;

	(void)argc, (void)argv, (void)command;
	log__init(LOG_WARN, "doctor", o->json);
	uname(&un);
	if (!o->json)
		printf("Linux %s, %s\n", un.release, un.machine);
	check_all(&r);
	if (o->json)
		ret = json__line(stdout, json_pack("{s:s, s:b, s:o}", "kernel", un.release,
						   "ok", r.all_ok, "items", r.list));
	if (ret)
		log__error("standard output: %s", strerror(-ret));
	return ret || !r.all_ok ? EXIT_ENVIRONMENT : 0;
}

const struct cmd cmd_doctor = {
	.usage.name = "doctor",
	.usage.summary = "show what this kernel offers, and what is missing",
	.usage.args = "",
	.usage.about =
		"One line an item: whether it is there, and what is lost without it. The exit status\n"
		"is 0 if all of atcq works here, else 3. Without patches/linux, 'seen' shows by which\n"
		"functions (fentry, or kprobe where there is none) and messages of this kernel,\n"
		"and which phases of an incident stay unknown. ATCQ_HOOKS=kprobe in the\n"
		"environment does without fentry.",
	.usage.opts = doctor_options,
	.usage.opts_size = sizeof(struct doctor_opts),
	.usage.max_args = 0,
	.run = do_doctor,
};
