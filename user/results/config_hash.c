// SPDX-License-Identifier: GPL-2.0-only
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <zlib.h>

#include "results_impl.h"

#define FNV_BASIS 0xcbf29ce484222325ull
#define FNV_PRIME 0x100000001b3ull

/* FNV-1a: it tells apart what differs by accident, nobody forges a configuration */
static uint64_t hash_line(const char *line)
{
	uint64_t h = FNV_BASIS;

	for (; *line && *line != '\n'; line++)
		h = (h ^ (unsigned char)*line) * FNV_PRIME;
	return h;
}

/* "# CONFIG_X is not set" and a line that is not there are the same */
static bool is_option(const char *line)
{
	return !strncmp(line, "CONFIG_", 7);
}

void config__hash(const char *path, char out[RESULTS_CONFIG_LEN])
{
	gzFile f = gzopen(path, "r");
	char line[4096];
	uint64_t sum = 0;
	bool any = false;

	out[0] = '\0';
	if (!f)
		return;
	while (gzgets(f, line, sizeof(line))) {
		if (!is_option(line))
			continue;
		/* The order of the lines does not matter to a sum */
		sum += hash_line(line);
		any = true;
	}
	gzclose(f);
	if (any)
		snprintf(out, RESULTS_CONFIG_LEN, "%016" PRIx64, sum);
}
