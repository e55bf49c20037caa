// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "present.h"

/* sysfs numbers a device's folder anew each time the device is found; 0: it is not there */
static uint64_t inode_of(const struct present *p, const char *bdf)
{
	char path[PATH_MAX];
	struct stat st;

	snprintf(path, sizeof(path), "%s/bus/pci/devices/%s/", p->sysfs, bdf);
	return stat(path, &st) ? 0 : st.st_ino;
}

int present__add(struct present *p, const char *bdf)
{
	void *more = realloc(p->dev, (p->n + 1) * sizeof(*p->dev));

	if (!more)
		return -ENOMEM;
	p->dev = more;
	snprintf(p->dev[p->n].bdf, sizeof(p->dev->bdf), "%s", bdf);
	p->dev[p->n].inode = inode_of(p, bdf);
	return p->dev[p->n++].inode ? 0 : -ENOENT;
}

const char *present__gone(const struct present *p)
{
	for (size_t i = 0; i < p->n; i++)
		if (inode_of(p, p->dev[i].bdf) != p->dev[i].inode)
			return p->dev[i].bdf;
	return NULL;
}

void present__free(struct present *p)
{
	free(p->dev);
}
