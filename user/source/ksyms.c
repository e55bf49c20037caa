// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ksyms.h"

struct ksym {
	uint64_t address;
	char *name;
};

struct ksyms {
	struct ksym *sym;
	size_t n, room;
};

static int add(struct ksyms *k, uint64_t address, const char *name)
{
	if (k->n == k->room) {
		size_t room = k->room ? k->room * 2 : 65536;
		struct ksym *grown = realloc(k->sym, room * sizeof(*grown));

		if (!grown)
			return -ENOMEM;
		k->sym = grown;
		k->room = room;
	}
	k->sym[k->n].address = address;
	k->sym[k->n].name = strdup(name);
	return k->sym[k->n++].name ? 0 : -ENOMEM;
}

static int by_address(const void *a, const void *b)
{
	const struct ksym *l = a, *r = b;

	return l->address < r->address ? -1 : l->address > r->address;
}

int ksyms__load(struct ksyms **out, const char *path)
{
	struct ksyms *k = calloc(1, sizeof(*k));
	FILE *f = fopen(path, "re");
	char line[512], name[256], type;
	uint64_t address;
	int ret = k ? 0 : -ENOMEM;

	if (!ret && !f)
		ret = -errno;
	while (!ret && fgets(line, sizeof(line), f))
		/* Code only: what is between functions belongs to none of them */
		if (sscanf(line, "%" SCNx64 " %c %255s", &address, &type, name) == 3 &&
		    strchr("tTwW", type) && name[0] != '$')
			ret = add(k, address, name);
	if (f)
		fclose(f);
	if (!ret && (!k->n || !k->sym[k->n - 1].address))
		ret = -EPERM;
	if (ret) {
		ksyms__free(k);
		return ret;
	}
	qsort(k->sym, k->n, sizeof(*k->sym), by_address);
	*out = k;
	return 0;
}

void ksyms__free(struct ksyms *k)
{
	for (size_t i = 0; k && i < k->n; i++)
		free(k->sym[i].name);
	if (k)
		free(k->sym);
	free(k);
}

bool ksyms__range(const struct ksyms *k, const char *name, struct atcq_range *out)
{
	for (size_t i = 0; i < k->n; i++) {
		size_t next = i + 1;

		if (strcmp(k->sym[i].name, name))
			continue;
		/* Functions may share an address */
		while (next < k->n && k->sym[next].address == k->sym[i].address)
			next++;
		out->begin = k->sym[i].address;
		out->end = next < k->n ? k->sym[next].address : out->begin + 4096;
		return true;
	}
	return false;
}

void ksyms__name(const struct ksyms *k, uint64_t address, char *out, size_t len)
{
	size_t low = 0, high = k->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (k->sym[mid].address <= address)
			low = mid + 1;
		else
			high = mid;
	}
	if (low)
		snprintf(out, len, "%s+%#" PRIx64, k->sym[low - 1].name,
			 address - k->sym[low - 1].address);
	else
		snprintf(out, len, "?");
}
