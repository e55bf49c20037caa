// SPDX-License-Identifier: GPL-2.0-only
/* Prints docs/metrics.md, made from the one table of families; docs/make-metrics calls it. */
#include <stdio.h>
#include <string.h>

#include "service/metrics_internal.h"

static const char *const availability[] = {
	[AVAILABLE_ALWAYS] = "always",
	[AVAILABLE_DEVICE] = "device",
	[AVAILABLE_DEVICE_PATCHED] = "device, patched kernel",
	[AVAILABLE_DEVICE_STOCK] = "device, unpatched kernel",
	[AVAILABLE_SOURCE] = "SMMU",
	[AVAILABLE_ARMED] = "while armed",
	[AVAILABLE_DB] = "with --db",
	[AVAILABLE_SERVER] = "with --listen",
	[AVAILABLE_BPF_STATS] = "BPF statistics on",
};

static const char intro[] =
	"# Metrics\n\n"
	"<!-- Made by docs/make-metrics from user/service/metrics.c: change it there. -->\n\n"
	"What `atcq daemon` tells Prometheus, over HTTP (`--listen`) or by node_exporter's textfile\n"
	"collector (`--textfile`, without the `process_` metrics, which node_exporter has of itself).\n\n"
	"## All of them\n\n"
	"| name | type | labels | there | help |\n"
	"| --- | --- | --- | --- | --- |\n";

static const char there[] =
	"\n## When a series is there\n\n"
	"- *always*: from the start, 0 where nothing has happened yet, so that `increase()` sees the first time.\n"
	"- *device*: for each PCI device behind an SMMUv3 that has ATS, or an incident, and whose address\n"
	"  `--devices` lets through. Counters go on over a removal if the device is back within 15 minutes;\n"
	"  then its series end. What is about a device that nobody knows has the device `unknown`.\n"
	"- *patched kernel*: where the kernel publishes it (`patches/linux`). Of an unpatched one only the device\n"
	"  itself knows, and a scrape never asks a device: one that is dead must not stall it.\n"
	"- *unpatched kernel*: ATC invalidations are counted by device there, but not with `patches/linux`.\n"
	"- *SMMU*: for each SMMUv3, by its name in `/sys/class/iommu`. An unpatched kernel's events have a number\n"
	"  instead; until a device tells which name that is, the number is the label.\n"
	"- *BPF statistics on*: while the administrator has `kernel.bpf_stats_enabled=1`; atcq never sets it.\n\n"
	"Without an SMMUv3 only *always* is there, and `atcq_source_info` has the source `none`. Counters begin at 0\n"
	"with the process. Nothing has a timestamp: each scrape looks anew. Of more than 128 devices, driver and ATS are\n"
	"looked at in turns, 128 at a scrape; states come from events, and are of now. `up` is Prometheus' own.\n\n"
	"## Values of labels\n\n"
	"- `device`: PCI address; `smmu`: name in sysfs; `injected`: `true` if a fault point made the timeout.\n"
	"- `state`: healthy, timed-out, ats-blocked, fenced, resetting, reset-failed, removed.\n"
	"- `outcome`: recovered, removed, unknown (nobody saw the end). A suspect that turns out to be innocent is no incident.\n"
	"- `result`: ok, failed, unsupported (no reset method). `severity`: correctable, nonfatal, fatal.\n"
	"- `cause` of a failed CMD_SYNC: atc-timeout, poll-timeout, other; of a command queue error: atc-timeout,\n"
	"  illegal-command, abort, unknown; of a GERROR: its bit; of lost events: ring-buffer, malformed.\n"
	"- `reason` why an incident was deleted: age (it ended longer ago than `--retain-age`; time while the machine\n"
	"  is off does not count), size (it ended first, and more than `--retain-size` was in use).\n"
	"- `fault`: as `atcq inject --list` has them. `event`: as `atcq trace` has them.\n\n"
	"An incident that was open before the daemon watched is in `incidents_open` and, once it ends, in\n"
	"`incidents_closed_total`, but not in `incidents_total`.\n\n"
	"## Formats\n\n"
	"By the Accept header: text 0.0.4 (also for whoever asks for nothing that there is), OpenMetrics 1.0, and\n"
	"protobuf (`io.prometheus.client.MetricFamily`, delimited) with native histograms beside the classic ones.\n"
	"OpenMetrics has no `_created` series, which would double the counters' number; protobuf tells since when a\n"
	"counter counts, where that costs no series. Incidents' histograms have exemplars in OpenMetrics and protobuf:\n"
	"`incident_id` is the id of `atcq report --incident`.\n\n"
	"## Histograms\n\n"
	"All durations are in seconds. Native histograms have schema 2: bucket *i* ends at, and includes, 2^(i/4) s; only\n"
	"0 is in the zero bucket. The classic buckets use some of the same bounds, so that both say the same of them:\n\n"
	"| histogram | from | to | buckets |\n"
	"| --- | --- | --- | --- |\n";

static const char fine[] =
	"\nDurations of CMD_SYNCs are counted in the kernel in finer buckets, 3 % wide. One of those that a bound goes\n"
	"through is counted above the bound, so a bucket may have up to 3 % of the bound's neighbourhood too few, never\n"
	"too many; 67 s and more are counted as 76 s. Sum and count are exact.\n";

static void row(const struct family *f)
{
	printf("| `%s` | %s | ", f->name, family_type__name(f->type));
	for (size_t i = 0; i < FAMILY_LABELS && f->labels[i]; i++)
		printf("%s%s", i ? ", " : "", f->labels[i]);
	printf(" | %s | %s |\n", availability[f->availability], f->help);
}

int main(void)
{
	fputs(intro, stdout);
	for (size_t i = 0; i < families_n; i++)
		row(&families[i]);
	fputs(there, stdout);
	for (size_t i = 0; i < families_n; i++) {
		const struct boundaries *b = families[i].boundaries;

		if (b)
			printf("| `%s` | %s | %s | %zu and +Inf |\n", families[i].name, bucket__text(b->first),
			       bucket__text(b->last), bucket__count(b));
	}
	fputs(fine, stdout);
	return 0;
}
