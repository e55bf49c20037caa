// SPDX-License-Identifier: GPL-2.0-only
/*
 * What hangs on a device, as sysfs has it: everything below it is of a kind that there is
 * a rule for, or counts as in use.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <libgen.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "in_use_internal.h"

#define MAX_DEPTH	32

static void check_folder(struct check *c, const char *dir, unsigned int depth);

static bool add(struct in_use *s, bool assumed, const char *fmt, va_list ap)
{
	if (s->n == IN_USE_MAX) {
		s->more = true;
		return false;
	}
	vsnprintf(s->use[s->n], sizeof(s->use[0]), fmt, ap);
	s->assumed[s->n++] = assumed;
	return true;
}

void use__seen(struct check *c, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	add(c->out, false, fmt, ap);
	va_end(ap);
}

void use__assumed(struct check *c, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	add(c->out, true, fmt, ap);
	va_end(ap);
}

void use__blind(struct check *c, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	c->out->blind += add(c->out, true, fmt, ap);
	va_end(ap);
}

int in_use__line(const char *path, char *buf, size_t len)
{
	FILE *f = fopen(path, "re");
	int ret = 0;

	if (!f)
		return -errno;
	errno = 0;
	if (!fgets(buf, len, f))
		ret = errno ? -errno : -ENODATA;
	else
		buf[strcspn(buf, "\n")] = '\0';
	fclose(f);
	return ret;
}

/* "@dir/@name"; false, after reporting it, if that is too long */
static bool join(struct check *c, char out[PATH_MAX], const char *dir, const char *name)
{
	if (snprintf(out, PATH_MAX, "%s/%s", dir, name) < PATH_MAX)
		return true;
	use__assumed(c, "what is below it has too long a path");
	return false;
}

/* The last part of where a link leads; 0 or -errno */
static int link_name(struct check *c, const char *dir, const char *name, char *out, size_t len)
{
	char path[PATH_MAX], target[PATH_MAX];
	ssize_t n;

	if (!join(c, path, dir, name))
		return -ENAMETOOLONG;
	n = readlink(path, target, sizeof(target) - 1);
	if (n < 0)
		return -errno;
	target[n] = '\0';
	snprintf(out, len, "%s", basename(target));
	return 0;
}

/* An attribute; 0, -ENOENT, or another -errno after reporting it */
static int attribute(struct check *c, const char *dir, const char *name, char *out, size_t len)
{
	char path[PATH_MAX];
	int ret;

	if (!join(c, path, dir, name))
		return -ENAMETOOLONG;
	ret = in_use__line(path, out, len);
	if (ret && ret != -ENOENT)
		use__blind(c, "%s cannot be read: %s", path, strerror(-ret));
	return ret;
}

/* @number: "254:0"; false: it is none */
static bool add_node(struct check *c, const char *number, const char *name, bool block)
{
	struct node *n = &c->node[c->nnodes];

	if (c->nnodes == MAX_NODES) {
		use__assumed(c, "it has more device nodes than can be checked");
		return true;
	}
	if (sscanf(number, "%u:%u", &n->maj, &n->min) != 2)
		return false;
	n->block = block;
	n->mounted = false;
	snprintf(n->name, sizeof(n->name), "%s", name);
	c->nnodes++;
	return true;
}

/* Devices that are in use while their node is open; what has no node, like a connector, has no user */
static void on_node(struct check *c, const char *dir, const char *name)
{
	char number[32];
	int ret = attribute(c, dir, "dev", number, sizeof(number));

	if (!ret && !add_node(c, number, name, false))
		use__assumed(c, "'%s' is not the number of its device node %s", number, name);
}

static void on_block(struct check *c, const char *dir, const char *name)
{
	char number[32], path[PATH_MAX];
	struct dirent *de;
	DIR *holders;

	if (attribute(c, dir, "dev", number, sizeof(number)) || !add_node(c, number, name, true))
		use__assumed(c, "block device %s has no node: it is a path to one elsewhere, whose users are not checked", name);
	if (!join(c, path, dir, "holders"))
		return;
	holders = opendir(path);
	if (!holders && errno != ENOENT)
		use__blind(c, "%s cannot be read: %s", path, strerror(errno));
	while (holders && (de = readdir(holders)))
		if (de->d_name[0] != '.')
			use__seen(c, "/dev/%s is part of %s", name, de->d_name);
	if (holders)
		closedir(holders);
}

static bool has_address(struct check *c, const char *name)
{
	struct ifaddrs *all, *a;
	bool found = false;

	if (getifaddrs(&all)) {
		use__blind(c, "the addresses of network interface %s cannot be read: %s", name, strerror(errno));
		return false;
	}
	for (a = all; a && !found; a = a->ifa_next)
		found = a->ifa_addr && !strcmp(a->ifa_name, name) &&
			(a->ifa_addr->sa_family == AF_INET || a->ifa_addr->sa_family == AF_INET6);
	freeifaddrs(all);
	return found;
}

static void on_net(struct check *c, const char *dir, const char *name)
{
	char flags[32];

	c->nets++;
	if (attribute(c, dir, "flags", flags, sizeof(flags)))
		use__assumed(c, "network interface %s does not report whether it is up", name);
	else if (strtoul(flags, NULL, 16) & 1)
		use__seen(c, "network interface %s is up", name);
	else if (has_address(c, name))
		use__seen(c, "network interface %s has an address", name);
}

/* Disks and interfaces are devices below it; 9p is mounted by a tag, not by a device number */
static void on_virtio(struct check *c, const char *dir, const char *name)
{
	char driver[32] = "";

	if (link_name(c, dir, "driver", driver, sizeof(driver)))
		return;
	if (!strcmp(driver, "virtio_blk") || !strcmp(driver, "virtio_net") || !strcmp(driver, "virtio_scsi"))
		return;
	if (strcmp(driver, "9pnet_virtio"))
		use__assumed(c, "who uses %s through driver %s is not known", name, driver);
	else if (c->ntags == sizeof(c->tag) / sizeof(c->tag[0]))
		use__assumed(c, "it shares more file systems than can be checked");
	else if (!attribute(c, dir, "mount_tag", c->tag[c->ntags], sizeof(c->tag[0])))
		c->ntags++;
	else
		use__assumed(c, "the file system that %s shares has no tag", name);
}

/*
 * Kinds of devices by their bus or class, and how their use is seen. Without a function:
 * nothing of the host's depends on one, or what does is a device below it.
 */
static const struct kind {
	const char *name;
	void (*check)(struct check *c, const char *dir, const char *name);
} kinds[] = {
	{ "net", on_net }, { "block", on_block }, { "virtio", on_virtio },
	{ "misc", on_node }, { "nvme", on_node }, { "nvme-generic", on_node }, { "scsi_generic", on_node },
	{ "bsg", on_node }, { "drm", on_node }, { "accel", on_node }, { "ptp", on_node }, { "uio", on_node },
	{ "vfio-dev", on_node }, { "virtio-ports", on_node },
	{ "wakeup", NULL }, { "hwmon", NULL }, { "leds", NULL }, { "mdio_bus", NULL }, { "pci_bus", NULL },
	{ "pci_express", NULL }, { "auxiliary", NULL }, { "scsi", NULL }, { "scsi_host", NULL },
	{ "scsi_device", NULL }, { "scsi_disk", NULL },
};

static void unknown_kind(struct check *c, const char *kind, const char *name)
{
	for (size_t i = 0; i < c->nunknown; i++)
		if (!strcmp(c->unknown[i], kind))
			return;
	if (c->nunknown < sizeof(c->unknown) / sizeof(c->unknown[0]))
		snprintf(c->unknown[c->nunknown++], sizeof(c->unknown[0]), "%s", kind);
	use__assumed(c, "%s, below it, is of the kind '%s', whose users are not known", name, kind);
}

static void check_kind(struct check *c, const char *kind, const char *dir, const char *name)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (strcmp(kinds[i].name, kind))
			continue;
		if (kinds[i].check) {
			c->nchecked++;
			kinds[i].check(c, dir, name);
		}
		return;
	}
	unknown_kind(c, kind, name);
}

static void walk(struct check *c, const char *dir, unsigned int depth)
{
	char path[PATH_MAX];
	struct dirent *de;
	struct stat st;
	DIR *d = opendir(dir);

	if (!d && errno != ENOENT)
		use__blind(c, "%s cannot be read: %s", dir, strerror(errno));
	while (d && (de = readdir(d)))
		if (de->d_name[0] != '.' && join(c, path, dir, de->d_name) && !lstat(path, &st) && S_ISDIR(st.st_mode))
			check_folder(c, path, depth + 1);
	if (d)
		closedir(d);
}

/* The VFIO group, whose node has no place below the function */
static void add_group(struct check *c, const char *dir)
{
	char group[32], path[PATH_MAX], name[64], number[32];

	if (link_name(c, dir, "iommu_group", group, sizeof(group)))
		return;
	snprintf(name, sizeof(name), "class/vfio/%s", group);
	if (join(c, path, c->sysfs, name) && !attribute(c, path, "dev", number, sizeof(number)) &&
	    !add_node(c, number, group, false))
		use__assumed(c, "'%s' is no number of VFIO group %s", number, group);
}

/* Virtual functions end with the function that has them, though they are not below it */
static void check_vfs(struct check *c, const char *dir, unsigned int depth)
{
	char path[PATH_MAX], real[PATH_MAX];
	struct dirent *de;
	DIR *d = opendir(dir);

	while (d && (de = readdir(d)))
		if (!strncmp(de->d_name, "virtfn", 6) && join(c, path, dir, de->d_name) && realpath(path, real))
			check_folder(c, real, depth + 1);
	if (d)
		closedir(d);
}

/* A driver has users that are seen below the function, or they are not known */
static void check_driver(struct check *c, const char *dir, const char *driver, size_t nets, size_t nchecked)
{
	char class[32] = "";

	attribute(c, dir, "class", class, sizeof(class));
	if (c->nets == nets && strtoul(class, NULL, 16) >> 16 == 2)
		use__assumed(c, "driver %s has its network interface where it cannot be seen from here (another network namespace?)",
			     driver);
	else if (c->nchecked == nchecked)
		use__assumed(c, "who uses driver %s is not known: nothing below the device shows it", driver);
	snprintf(c->driver, sizeof(c->driver), "%s", driver);
}

static void check_function(struct check *c, const char *dir, unsigned int depth)
{
	static const char *const idle[] = { "pcieport", "pci-stub", "pci-pf-stub" };
	size_t nets = c->nets, nchecked = c->nchecked;
	char driver[64] = "";
	int ret = link_name(c, dir, "driver", driver, sizeof(driver));
	bool vfio = strstr(driver, "vfio");

	if (ret && ret != -ENOENT)
		use__blind(c, "%s/driver cannot be read: %s", dir, strerror(-ret));
	c->vfio |= vfio;
	add_group(c, dir);
	check_vfs(c, dir, depth);
	walk(c, dir, depth);
	for (size_t i = 0; i < sizeof(idle) / sizeof(idle[0]); i++)
		if (!strcmp(driver, idle[i]))
			return;
	if (*driver && !vfio)
		check_driver(c, dir, driver, nets, nchecked);
}

/* A folder below the device: a device of its own, or attributes */
static void check_folder(struct check *c, const char *dir, unsigned int depth)
{
	char kind[32], path[PATH_MAX], copy[PATH_MAX];
	int ret;

	if (depth > MAX_DEPTH) {
		use__assumed(c, "what is below it is nested too deeply");
		return;
	}
	ret = link_name(c, dir, "subsystem", kind, sizeof(kind));
	if (ret && ret != -ENOENT)
		use__blind(c, "%s/subsystem cannot be read: %s", dir, strerror(-ret));
	if (!ret && !strcmp(kind, "pci")) {
		check_function(c, dir, depth);
		return;
	}
	snprintf(copy, sizeof(copy), "%s", dir);
	if (!ret)
		check_kind(c, kind, dir, basename(copy));
	else if (join(c, path, dir, "uevent") && !access(path, F_OK))
		unknown_kind(c, "none", basename(copy));
	walk(c, dir, depth);
}

void in_use__below(struct check *c)
{
	char path[PATH_MAX], real[PATH_MAX];

	snprintf(path, sizeof(path), "%s/bus/pci/devices/%s", c->sysfs, c->bdf);
	if (realpath(path, real))
		check_function(c, real, 0);
	else
		use__blind(c, "%s: %s", path, strerror(errno));
}
