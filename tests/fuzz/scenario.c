// SPDX-License-Identifier: GPL-2.0-only
/* libFuzzer target: any text as a scenario. What is refused has a place and a reason. */
#include <assert.h>
#include <string.h>

#include "lib/log.h"
#include "verify/scenario.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct scenario *s;
	struct error err = { "" };

	if (scenario__parse(&s, "fuzz", (const char *)data, size, &err)) {
		assert(!s && !strncmp(err.text, "fuzz:", 5));
		return 0;
	}
	assert(s->nsteps && s->nsteps <= SCENARIO_STEPS && s->nrequests <= SCENARIO_DEVICES && s->repeat);
	scenario__free(s);
	return 0;
}
