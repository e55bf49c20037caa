// SPDX-License-Identifier: GPL-2.0-only
#include <math.h>
#include <stdio.h>

#include "plot.h"

struct log_axis log_axis__around(uint64_t min_ns, uint64_t max_ns)
{
	struct log_axis a = {
		.lo = min_ns > 1 ? (int)floor(log10((double)min_ns)) : 0,
		.hi = max_ns > 1 ? (int)ceil(log10((double)max_ns)) : 0,
	};

	if (a.hi <= a.lo)
		a.hi = a.lo + 1;
	return a;
}

double log_axis__at(const struct log_axis *a, uint64_t ns)
{
	double at = ns ? (log10((double)ns) - a->lo) / (a->hi - a->lo) : 0;

	return at < 0 ? 0 : at > 1 ? 1 : at;
}

uint64_t time_axis__step(uint64_t span_ns, unsigned int most)
{
	static const uint64_t long_steps[] = { 60, 120, 300, 600, 900, 1800, 3600, 7200, 21600, 43200, 86400 };
	const uint64_t second = 1000000000;

	if (span_ns / most < 60 * second) {
		for (uint64_t ten = 1; ten <= 10 * second; ten *= 10)
			for (unsigned int i = 0; i < 3; i++) {
				uint64_t step = ten * (i == 0 ? 1 : i == 1 ? 2 : 5);

				if (span_ns / step <= most && step <= 50 * second)
					return step;
			}
	}
	for (unsigned int i = 0; i < sizeof(long_steps) / sizeof(long_steps[0]); i++)
		if (span_ns / (long_steps[i] * second) <= most)
			return long_steps[i] * second;
	return (span_ns / most / (86400 * second) + 1) * 86400 * second;
}

void format_tick(uint64_t ns, char *out, size_t len)
{
	static const struct {
		const char *suffix;
		uint64_t ns;
	} units[] = {
		{ "d", 86400000000000 }, { "h", 3600000000000 }, { "min", 60000000000 },
		{ "s", 1000000000 }, { "ms", 1000000 }, { "µs", 1000 }, { "ns", 1 },
	};
	size_t i = 0;

	if (!ns) {
		snprintf(out, len, "0");
		return;
	}
	while (ns % units[i].ns)
		i++;
	snprintf(out, len, "%llu %s", (unsigned long long)(ns / units[i].ns), units[i].suffix);
}

size_t cdf__points(struct samples *s, struct cdf_point *out, size_t most)
{
	size_t n = 0, wanted = s->n < most ? s->n : most;

	samples__quantile(s, 0);	/* sorts */
	for (size_t i = 0; i < wanted; i++) {
		/* Ranks 1 .. n, evenly, both ends included */
		uint64_t rank = wanted > 1 ? 1 + (uint64_t)i * (s->n - 1) / (wanted - 1) : 1;
		uint64_t value = s->v[rank - 1];

		/* Of equal values the last has the rank */
		while (rank < s->n && s->v[rank] == value)
			rank++;
		if (n && out[n - 1].value == value)
			continue;
		out[n].value = value;
		out[n++].rank = rank;
	}
	return n;
}
