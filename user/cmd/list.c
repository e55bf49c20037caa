// SPDX-License-Identifier: GPL-2.0-only
#include <jansson.h>
#include <stddef.h>
#include <string.h>

#include "command.h"
#include "lib/clock.h"
#include "lib/file.h"
#include "lib/log.h"
#include "source/inventory.h"

struct list_opts {
	bool json;
};

static const struct opt list_options[] = {
	{ "json", 0, OPT_FLAG, NULL, "JSON instead of text", offsetof(struct list_opts, json), 0, 0, NULL, false },
	{ NULL, 0, 0, NULL, NULL, 0, 0, 0, NULL, false },
};

static void since(const struct device *d, char *out, size_t len)
{
	uint64_t now = clock__boottime_ns();

	snprintf(out, len, "-");
	if (d->blocked && d->blocked_since_ns && now > d->blocked_since_ns)
		duration__format(now - d->blocked_since_ns, DURATION_EXACT, out, len);
}

static void sids(const struct device *d, char *out, size_t len)
{
	size_t n = 0;

	snprintf(out, len, "-");
	for (size_t i = 0; i < d->nsids && n < len; i++)
		n += snprintf(out + n, len - n, "%s0x%x", i ? "," : "", d->sids[i]);
}

static void text_list(const struct inventory *inv)
{
	char stream[128], ago[32];

	printf("%-13s %-10s %-6s %-12s %-12s %-13s %-12s %s\n", "DEVICE", "STREAM", "GROUP",
	       "DRIVER", "ATS", "STATE", "SINCE", "NAME");
	for (size_t i = 0; i < inv->ndev; i++) {
		const struct device *d = &inv->dev[i];

		sids(d, stream, sizeof(stream));
		since(d, ago, sizeof(ago));
		printf("%-13s %-10s %-6d %-12s %-12s %-13s %-12s %s\n", d->bdf, stream, d->group,
		       *d->driver ? d->driver : "-", ats_state__name(d->ats), device__state_name(d), ago,
		       d->name);
	}
}

static int json_list(const struct inventory *inv)
{
	json_t *list = json_array();

	for (size_t i = 0; i < inv->ndev; i++) {
		const struct device *d = &inv->dev[i];
		json_t *ids = json_array();

		for (size_t k = 0; k < d->nsids; k++)
			json_array_append_new(ids, json_integer(d->sids[k]));
		json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:o, s:o, s:i, s:o, s:s, s:s, s:o}",
			"device", d->bdf, "name", d->name, "smmu_name", d->smmu_name,
			"smmu", json__number_or_null(d->smmu != ATCQ_NONE, d->smmu),
			"stream_ids", ids, "group", d->group,
			"driver", *d->driver ? json_string(d->driver) : json_null(),
			"ats", ats_state__name(d->ats), "state", device__state_name(d),
			"blocked_since_ns",
				json__number_or_null(d->blocked_since_ns, d->blocked_since_ns)));
	}
	return json__line(stdout, list);
}

static int do_list(const void *opts, int argc, char **argv, char **command)
{
	const struct list_opts *o = opts;
	struct inventory inv;
	int ret;

	(void)argc, (void)argv, (void)command;
	log__init(LOG_WARN, "list", o->json);
	ret = inventory__read(&inv, "/sys");
	if (ret) {
		log__error("/sys: %s", strerror(-ret));
		return EXIT_ENVIRONMENT;
	}
	if (!inv.nsmmu) {
		log__error("this machine has no SMMUv3 in use (nothing in /sys/class/iommu), so there is no device to list");
		return EXIT_ENVIRONMENT;
	}
	if (o->json)
		ret = json_list(&inv);
	else
		text_list(&inv);
	inventory__free(&inv);
	if (ret)
		log__error("standard output: %s", strerror(-ret));
	return ret ? EXIT_ENVIRONMENT : 0;
}

const struct cmd cmd_list = {
	.usage.name = "list",
	.usage.summary = "list the devices behind SMMUv3s",
	.usage.args = "",
	.usage.about =
		"One line a PCI device: address, Stream IDs, IOMMU group, driver, whether it\n"
		"uses ATS, whether and since when the IOMMU core blocks it, and its name. On a\n"
		"kernel without patches/linux the state and Stream IDs are unknown.",
	.usage.opts = list_options,
	.usage.opts_size = sizeof(struct list_opts),
	.usage.max_args = 0,
	.run = do_list,
};
