// SPDX-License-Identifier: GPL-2.0-only
/* Attributes in sysfs, and its names of slots and SMMUs. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <atcq/event.h>

#include "kernel.h"

int attr__line(const char *dir, const char *name, char *buf, size_t len)
{
	char path[PATH_MAX];
	ssize_t n;
	int fd;

	if (snprintf(path, sizeof(path), "%s/%s", dir, name) >= (int)sizeof(path))
		return -ENAMETOOLONG;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	n = read(fd, buf, len - 1);
	if (n < 0)
		n = -errno;
	close(fd);
	if (n < 0)
		return n;
	buf[n] = '\0';
	buf[strcspn(buf, "\n")] = '\0';
	return 0;
}

int attr__read(const char *bdf, const char *attr, char *buf, size_t len)
{
	char dir[64];

	snprintf(dir, sizeof(dir), "/sys/bus/pci/devices/%s", bdf);
	return attr__line(dir, attr, buf, len);
}

int attr__write(const char *bdf, const char *attr, const char *text)
{
	char path[PATH_MAX];
	int fd, ret = 0;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/%s", bdf, attr);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (write(fd, text, strlen(text)) < 0)
		ret = -errno;
	close(fd);
	return ret;
}

const char *boot_id(void)
{
	static char id[64];
	FILE *f;

	if (*id)
		return id;
	f = fopen("/proc/sys/kernel/random/boot_id", "re");
	if (!f || !fgets(id, sizeof(id), f))
		snprintf(id, sizeof(id), "00000000");
	if (f)
		fclose(f);
	id[strcspn(id, "\n")] = '\0';
	return id;
}

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
		/* Segment, bus and device, without the function; reading other files accesses hardware */
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
