// SPDX-License-Identifier: GPL-2.0-only
#include "clock.h"
#include "text.h"

int duration__parse(const char *text, uint64_t *ns)
{
	static const struct unit units[] = {
		{ "ns", 1 }, { "us", 1000 }, { "ms", 1000000 }, { "s", 1000000000 },
		{ "m", 60000000000 }, { "h", 3600000000000 }, { "d", 86400000000000 }, { NULL, 0 },
	};

	return number__with_unit(text, units, ns);
}
