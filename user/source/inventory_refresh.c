// SPDX-License-Identifier: GPL-2.0-only
/* Looks at the devices again, as cheaply as that can be done. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "inventory.h"
#include "lib/text.h"

/*
 * Which devices there are, as one number. A device that went and came again has a new
 * inode. The order of the folder does not count.
 */
static int list(int devices, uint64_t *listing)
{
	int fd = dup(devices);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *de;

	*listing = 0;
	if (!dir) {
		int err = -errno;

		if (fd >= 0)
			close(fd);
		return err;
	}
	while ((de = readdir(dir))) {
		uint64_t inode = de->d_ino;

		*listing += fnv64__add(fnv64__add(FNV64_BASIS, &inode, sizeof(inode)), de->d_name,
				strlen(de->d_name));
	}
	closedir(dir);
	return 0;
}

/* The first line of @bdf's attribute; false: there is none */
static bool attribute(int devices, const char *bdf, const char *name, char *text, size_t len)
{
	char path[64];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "%s/%s", bdf, name);
	fd = openat(devices, path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	n = read(fd, text, len - 1);
	close(fd);
	text[n < 0 ? 0 : n] = '\0';
	text[strcspn(text, "\n")] = '\0';
	return n >= 0;
}

/* Of a device that publishes its state neither file touches the device */
static void look(int devices, struct device *d)
{
	char text[PATH_MAX], path[64], *slash;
	ssize_t n;

	snprintf(path, sizeof(path), "%s/driver", d->bdf);
	n = readlinkat(devices, path, text, sizeof(text) - 1);
	text[n < 0 ? 0 : n] = '\0';
	slash = strrchr(text, '/');
	snprintf(d->driver, sizeof(d->driver), "%.*s", (int)sizeof(d->driver) - 1, slash ? slash + 1 : text);
	if (!d->state_known)
		return;
	if (attribute(devices, d->bdf, "arm-smmu-v3/ats", text, sizeof(text)))
		for (int s = ATS_UNSUPPORTED; s <= ATS_BROKEN; s++)
			if (!strcmp(text, ats_state__name(s)))
				d->ats = s;
	if (attribute(devices, d->bdf, "iommu_state/blocked", text, sizeof(text)))
		for (int b = ATCQ_BLOCKED_NO; b <= ATCQ_BLOCKED_BROKEN; b++)
			if (!strcmp(text, blocked__name(b)))
				d->blocked = b;
}

int inventory__refresh(struct inventory *inv, const char *sysfs, size_t most, struct inventory_look *looked)
{
	uint64_t listing;
	char path[PATH_MAX];
	int devices, ret;

	*looked = (struct inventory_look){ .from = 0 };
	snprintf(path, sizeof(path), "%s/bus/pci/devices", sysfs);
	devices = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (devices < 0)
		return errno == ENOENT ? 0 : -errno;
	ret = list(devices, &listing);
	if (!ret && listing == inv->listing && inv->ndev) {
		looked->from = inv->turn;
		looked->n = inv->ndev < most ? inv->ndev : most;
		for (size_t i = 0; i < looked->n; i++, inv->turn = (inv->turn + 1) % inv->ndev)
			look(devices, &inv->dev[inv->turn]);
	} else if (!ret && listing != inv->listing) {
		looked->changed = true;
		ret = inventory__reread_passively(inv, sysfs);
		looked->n = inv->ndev;
		inv->listing = ret ? 0 : listing;
	}
	close(devices);
	return ret;
}
