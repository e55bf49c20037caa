// SPDX-License-Identifier: GPL-2.0-only
#include <inttypes.h>

#include "lib/log.h"
#include "permit.h"
#include "safety.h"

bool permit__allows(const struct plan *plan, uint64_t max_devices, bool force)
{
	size_t n = plan__affected(plan);
	bool ok = true;

	if (n > max_devices) {
		log__error("this affects %zu devices, more than --max-devices %" PRIu64 "; --dry-run shows which",
			   n, max_devices);
		return false;
	}
	for (size_t i = 0; i < plan->inv->ndev; i++)
		if (plan->affected[i])
			ok &= safety__allows(plan->inv->dev[i].bdf, force);
	return ok;
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
