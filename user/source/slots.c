// SPDX-License-Identifier: GPL-2.0-only
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <atcq/event.h>

#include "attr.h"
#include "slots.h"

void slot__name(const char *sysfs, const char *bdf, char *out, size_t len)
{
	char path[PATH_MAX], dir[PATH_MAX + 300], address[32];
	struct dirent *de;
	DIR *slots;

	*out = '\0';
	snprintf(path, sizeof(path), "%s/bus/pci/slots", sysfs);
	slots = opendir(path);
	if (!slots)
		return;
	while (!*out && (de = readdir(slots))) {
		if (de->d_name[0] == '.')
			continue;
		snprintf(dir, sizeof(dir), "%s/%s", path, de->d_name);
		/* Segment, bus and device, without the function; its other files ask hardware */
		if (!attr__line(dir, "address", address, sizeof(address)) && *address &&
		    !strncmp(bdf, address, strlen(address)) && bdf[strlen(address)] == '.')
			snprintf(out, len, "%s", de->d_name);
	}
	closedir(slots);
}

int smmus__each(const char *sysfs, smmu_fn fn, void *ctx)
{
	char path[PATH_MAX], dir[PATH_MAX + 300], text[32];
	struct dirent *de;
	DIR *all;
	int ret = 0;

	snprintf(path, sizeof(path), "%s/class/iommu", sysfs);
	all = opendir(path);
	if (!all)
		return 0;
	while (!ret && (de = readdir(all))) {
		if (strncmp(de->d_name, SMMU_PREFIX, strlen(SMMU_PREFIX)))
			continue;
		snprintf(dir, sizeof(dir), "%s/%s/arm-smmu-v3", path, de->d_name);
		ret = fn(ctx, de->d_name, attr__line(dir, "index", text, sizeof(text)) ?
						  ATCQ_NONE : strtoul(text, NULL, 10));
	}
	closedir(all);
	return ret;
}
