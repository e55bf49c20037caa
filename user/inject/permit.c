// SPDX-License-Identifier: GPL-2.0-only
#include <inttypes.h>

#include "cmd.h"
#include "log.h"
#include "permit.h"
#include "safety.h"

int permit__refusal(const struct plan *plan, uint64_t max_devices, bool force)
{
	size_t n = plan__affected(plan);
	int ret = 0, one;

	if (n > max_devices) {
		log__error("this affects %zu devices, more than --max-devices %" PRIu64 "; --dry-run shows which",
			   n, max_devices);
		return EXIT_USAGE;
	}
	for (size_t i = 0; i < plan->inv->ndev; i++) {
		one = plan->affected[i] ? safety__refusal(plan->inv->dev[i].bdf, force) : 0;
		ret = safety__worse(ret, one);
	}
	return ret;
}

json_t *permit__rules(const struct plan *plan)
{
	json_t *rules = json_array();

	for (size_t i = 0; i < plan->nrules; i++) {
		json_t *devices = json_array();

		for (size_t d = 0; d < plan->inv->ndev; d++)
			if (plan->hit[d] >> i & 1)
				json_array_append_new(devices, json_string(plan->inv->dev[d].bdf));
		json_array_append_new(rules, json_pack("{s:s, s:o}", "fault",
						       plan->rule[i]->point->name, "devices", devices));
	}
	return rules;
}
