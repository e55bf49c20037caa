/* SPDX-License-Identifier: GPL-2.0-only */
/* The check whether a device is in use: what its two parts, by sysfs and by /proc, share. */
#ifndef ATCQ_INJECT_IN_USE_INTERNAL_H
#define ATCQ_INJECT_IN_USE_INTERNAL_H

#include <sys/types.h>

#include "in_use.h"

#define MAX_NODES	64
#define MAX_VIEWS	256

/* A device node that leads to the device, by number: its name may differ in a container */
struct node {
	unsigned int maj, min;
	bool block, mounted;
	char name[64];
};

/* What a process sees of the mounts: a namespace, and from which folder on */
struct view {
	ino_t ns;
	unsigned int dev_major, dev_minor;
	unsigned long long ino, mount;
};

struct check {
	struct in_use *out;
	const char *bdf, *sysfs, *proc;
	/* By sysfs */
	struct node node[MAX_NODES];
	size_t nnodes;
	char tag[8][64];		/* of file systems shared through it */
	size_t ntags;
	size_t nets;			/* network interfaces below it */
	size_t nchecked;		/* devices below it of a kind that can be in use */
	bool vfio;			/* one of its functions is bound to a driver of VFIO */
	char driver[64];		/* that may have device nodes which sysfs does not list, or "" */
	char unknown[8][32];		/* kinds that were reported */
	size_t nunknown;
	/* By /proc */
	struct view seen[MAX_VIEWS];
	size_t nseen;
	bool blind;			/* that processes cannot be looked into was reported */
};

/* A use that was seen; one that must be assumed; one assumed because this process cannot look */
void use__seen(struct check *c, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void use__assumed(struct check *c, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void use__blind(struct check *c, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* The first line of a file; 0 or -errno, -ENODATA if it is empty */
int in_use__line(const char *path, char *buf, size_t len);

/* Finds nodes, interfaces and what else hangs on the device */
void in_use__below(struct check *c);
/* Looks who uses the nodes that were found */
void in_use__users(struct check *c);

#endif
