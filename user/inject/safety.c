// SPDX-License-Identifier: GPL-2.0-only
#include <ctype.h>
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
#include <sys/sysmacros.h>
#include <unistd.h>

#include "lib/log.h"
#include "safety.h"

#define MAX_NODES	64
#define MAX_NAMESPACES	256

/* A device node that leads to the device, by number: its name may differ in a container */
struct node {
	unsigned int maj, min;
	bool block, mounted;
	char name[64];
};

struct check {
	struct safety *out;
	const char *bdf, *sysfs, *proc;
	struct node node[MAX_NODES];
	size_t nnodes;
	char tag[8][64];		/* of file systems shared through it */
	size_t ntags;
	size_t nets;
	bool vfio;			/* bound to a driver of VFIO */
	ino_t seen[MAX_NAMESPACES];	/* mount namespaces */
	size_t nseen;
};

static void __attribute__((format(printf, 2, 3))) add_use(struct safety *s, const char *fmt, ...)
{
	va_list ap;

	if (s->n == SAFETY_MAX_USES) {
		s->more = true;
		return;
	}
	va_start(ap, fmt);
	vsnprintf(s->use[s->n++], sizeof(s->use[0]), fmt, ap);
	va_end(ap);
}

/* The first line of a file; false if there is none */
static bool first_line(const char *path, char *buf, size_t len)
{
	FILE *f = fopen(path, "re");
	bool ok = f && fgets(buf, len, f);

	if (ok)
		buf[strcspn(buf, "\n")] = '\0';
	if (f)
		fclose(f);
	return ok;
}

typedef void (*below_fn)(struct check *c, const char *dir, const char *name);

/* Calls @fn for each link in a folder of sysfs that leads to something below the device */
static int each_below(struct check *c, const char *folder, below_fn fn)
{
	char path[PATH_MAX], real[PATH_MAX], want[24];
	struct dirent *de;
	DIR *dir;

	snprintf(want, sizeof(want), "/%s/", c->bdf);
	snprintf(path, sizeof(path), "%s/%s", c->sysfs, folder);
	dir = opendir(path);
	if (!dir)
		return errno == ENOENT ? 0 : -errno;
	while ((de = readdir(dir))) {
		if (de->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%s/%s/%s", c->sysfs, folder, de->d_name);
		if (realpath(path, real) && strstr(real, want))
			fn(c, real, de->d_name);
	}
	closedir(dir);
	return 0;
}

static bool has_address(const char *name)
{
	struct ifaddrs *all, *a;
	bool found = false;

	if (getifaddrs(&all))
		return false;
	for (a = all; a && !found; a = a->ifa_next)
		found = a->ifa_addr && !strcmp(a->ifa_name, name) &&
			(a->ifa_addr->sa_family == AF_INET || a->ifa_addr->sa_family == AF_INET6);
	freeifaddrs(all);
	return found;
}

static void on_net(struct check *c, const char *dir, const char *name)
{
	char path[PATH_MAX], text[32];

	c->nets++;
	snprintf(path, sizeof(path), "%s/flags", dir);
	if (first_line(path, text, sizeof(text)) && strtoul(text, NULL, 16) & 1)
		add_use(c->out, "network interface %s is up", name);
	else if (has_address(name))
		add_use(c->out, "network interface %s has an address", name);
}

static void add_node(struct check *c, const char *number, const char *dir, bool block)
{
	char copy[PATH_MAX];
	struct node *n = &c->node[c->nnodes];

	if (c->nnodes == MAX_NODES) {
		add_use(c->out, "it has more device nodes than can be checked");
		return;
	}
	if (sscanf(number, "%u:%u", &n->maj, &n->min) != 2)
		return;
	snprintf(copy, sizeof(copy), "%s", dir);
	n->block = block;
	n->mounted = false;
	snprintf(n->name, sizeof(n->name), "%s", basename(copy));
	c->nnodes++;
}

static void on_char(struct check *c, const char *dir, const char *name)
{
	add_node(c, name, dir, false);
}

static void on_block(struct check *c, const char *dir, const char *name)
{
	char path[PATH_MAX], copy[PATH_MAX];
	struct dirent *de;
	DIR *holders;

	add_node(c, name, dir, true);
	snprintf(copy, sizeof(copy), "%s", dir);
	if (snprintf(path, sizeof(path), "%s/holders", dir) >= (int)sizeof(path))
		return;
	holders = opendir(path);
	while (holders && (de = readdir(holders)))
		if (de->d_name[0] != '.')
			add_use(c->out, "/dev/%s is part of %s", basename(copy), de->d_name);
	if (holders)
		closedir(holders);
}

/* 9p and virtiofs are mounted by a tag, not by a device number */
static void on_virtio(struct check *c, const char *dir, const char *name)
{
	char path[PATH_MAX];

	(void)name;
	if (c->ntags < 8 && snprintf(path, sizeof(path), "%s/mount_tag", dir) < (int)sizeof(path) &&
	    first_line(path, c->tag[c->ntags], sizeof(c->tag[0])))
		c->ntags++;
}

/* What the PCI device itself tells: its VFIO group, or an interface that we cannot see */
static void check_function(struct check *c)
{
	char path[PATH_MAX], link[PATH_MAX], text[64] = "", driver[64] = "";
	ssize_t n;

	snprintf(path, sizeof(path), "%s/bus/pci/devices/%s/driver", c->sysfs, c->bdf);
	n = readlink(path, link, sizeof(link) - 1);
	if (n > 0) {
		link[n] = '\0';
		snprintf(driver, sizeof(driver), "%s", basename(link));
	}
	c->vfio = !strncmp(driver, "vfio", 4);
	snprintf(path, sizeof(path), "%s/bus/pci/devices/%s/iommu_group", c->sysfs, c->bdf);
	n = readlink(path, link, sizeof(link) - 1);
	if (n > 0) {
		link[n] = '\0';
		snprintf(path, sizeof(path), "%s/class/vfio/%s", c->sysfs, basename(link));
		snprintf(link, sizeof(link), "%.4000s/dev", path);
		if (first_line(link, text, sizeof(text)))
			add_node(c, text, path, false);
	}
	snprintf(path, sizeof(path), "%s/bus/pci/devices/%s/class", c->sysfs, c->bdf);
	if (*driver && !c->vfio && !c->nets &&
	    first_line(path, text, sizeof(text)) && strtoul(text, NULL, 16) >> 16 == 2)
		add_use(c->out, "driver %s has its network interface where it cannot be seen from here (another network namespace?)",
			driver);
}

static struct node *find_node(struct check *c, unsigned int maj, unsigned int min, bool block)
{
	for (size_t i = 0; i < c->nnodes; i++)
		if (c->node[i].maj == maj && c->node[i].min == min && c->node[i].block == block)
			return &c->node[i];
	return NULL;
}

/* The node behind a path, without asking a network file system; NULL if it is none of ours */
static struct node *node_of(struct check *c, int at, const char *path)
{
	struct statx stx;

	if (statx(at, path, AT_STATX_DONT_SYNC | AT_NO_AUTOMOUNT, STATX_TYPE, &stx) ||
	    (!S_ISBLK(stx.stx_mode) && !S_ISCHR(stx.stx_mode)))
		return NULL;
	return find_node(c, stx.stx_rdev_major, stx.stx_rdev_minor, S_ISBLK(stx.stx_mode));
}

static void check_mount(struct check *c, char *line)
{
	char type[64], source[PATH_MAX], *dash = strstr(line, " - ");
	unsigned int maj, min;
	struct node *n;

	if (!dash || sscanf(line, "%*u %*u %u:%u", &maj, &min) != 2 ||
	    sscanf(dash, " - %63s %4095s", type, source) != 2)
		return;
	n = find_node(c, maj, min, true);
	/* btrfs and the like have a number of their own, the source tells */
	if (!n && source[0] == '/')
		n = node_of(c, AT_FDCWD, source);
	if (n && n->block && !n->mounted) {
		n->mounted = true;
		add_use(c->out, "/dev/%s is mounted", n->name);
	}
	for (size_t i = 0; i < c->ntags; i++)
		if ((!strcmp(type, "9p") || !strcmp(type, "virtiofs")) && !strcmp(source, c->tag[i]))
			add_use(c->out, "the file system '%s' (%s) is mounted", source, type);
}

/* The mounts that process @pid sees, once for each mount namespace */
static void check_mounts(struct check *c, const char *pid)
{
	char path[PATH_MAX], *line = NULL;
	size_t len = 0;
	struct stat st;
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s/ns/mnt", c->proc, pid);
	if (!stat(path, &st)) {
		for (size_t i = 0; i < c->nseen; i++)
			if (c->seen[i] == st.st_ino)
				return;
		if (c->nseen < MAX_NAMESPACES)
			c->seen[c->nseen++] = st.st_ino;
	}
	snprintf(path, sizeof(path), "%s/%s/mountinfo", c->proc, pid);
	f = fopen(path, "re");
	if (!f)
		return;
	while (getline(&line, &len, f) > 0)
		check_mount(c, line);
	free(line);
	fclose(f);
}

/*
 * Whose group node is closed may still have the device open. Its fdinfo names the
 * device (since v6.18); without that, it may be ours.
 */
static void check_vfio_fd(struct check *c, int dir, const char *pid, const char *comm, const char *fd)
{
	char path[PATH_MAX], link[64], line[PATH_MAX], want[24];
	bool named = false, ours = false;
	ssize_t n = readlinkat(dir, fd, link, sizeof(link) - 1);
	FILE *f;

	if (n <= 0 || !c->vfio)
		return;
	link[n] = '\0';
	if (strcmp(link, "anon_inode:[vfio-device]"))
		return;
	snprintf(want, sizeof(want), "/%s\n", c->bdf);
	snprintf(path, sizeof(path), "%s/%s/fdinfo/%s", c->proc, pid, fd);
	f = fopen(path, "re");
	while (f && fgets(line, sizeof(line), f)) {
		if (strncmp(line, "vfio-device-syspath:", 20))
			continue;
		named = true;
		ours = strlen(line) > strlen(want) &&
		       !strcmp(line + strlen(line) - strlen(want), want);
	}
	if (f)
		fclose(f);
	if (ours || !named)
		add_use(c->out, "process %s (%s) has %s open through VFIO", pid, comm,
			ours ? "it" : "a device, perhaps this one,");
}

static void check_fds(struct check *c, const char *pid)
{
	char path[PATH_MAX], comm[32] = "?";
	bool told[MAX_NODES] = { false };
	struct dirent *de;
	struct node *n;
	DIR *dir;

	snprintf(path, sizeof(path), "%s/%s/comm", c->proc, pid);
	first_line(path, comm, sizeof(comm));
	snprintf(path, sizeof(path), "%s/%s/fd", c->proc, pid);
	dir = opendir(path);
	while (dir && (de = readdir(dir))) {
		if (!isdigit((unsigned char)de->d_name[0]))
			continue;
		check_vfio_fd(c, dirfd(dir), pid, comm, de->d_name);
		n = node_of(c, dirfd(dir), de->d_name);
		if (!n || told[n - c->node])
			continue;
		told[n - c->node] = true;
		add_use(c->out, "process %s (%s) has %s %s open", pid, comm, isdigit((unsigned char)n->name[0]) ?
			"VFIO group" : n->block ? "block device" : "character device", n->name);
	}
	if (dir)
		closedir(dir);
}

static void check_swap(struct check *c)
{
	char path[PATH_MAX], line[PATH_MAX];
	struct node *n;
	FILE *f;

	snprintf(path, sizeof(path), "%s/swaps", c->proc);
	f = fopen(path, "re");
	while (f && fgets(line, sizeof(line), f)) {
		line[strcspn(line, " \t\n")] = '\0';
		n = line[0] == '/' ? node_of(c, AT_FDCWD, line) : NULL;
		if (n)
			add_use(c->out, "/dev/%s is swap space", n->name);
	}
	if (f)
		fclose(f);
}

int safety__check(struct safety *out, const char *bdf, const char *sysfs, const char *proc)
{
	static const struct { const char *folder; below_fn fn; } below[] = {
		{ "class/net", on_net }, { "dev/block", on_block }, { "dev/char", on_char },
		{ "bus/virtio/devices", on_virtio },
	};
	struct check c = { .out = out, .bdf = bdf, .sysfs = sysfs, .proc = proc };
	struct dirent *de;
	DIR *dir;
	int ret;

	memset(out, 0, sizeof(*out));
	for (size_t i = 0; i < sizeof(below) / sizeof(below[0]); i++) {
		ret = each_below(&c, below[i].folder, below[i].fn);
		if (ret)
			return ret;
	}
	check_function(&c);
	check_swap(&c);
	dir = opendir(proc);
	if (!dir)
		return -errno;
	while ((de = readdir(dir))) {
		if (!isdigit((unsigned char)de->d_name[0]))
			continue;
		check_mounts(&c, de->d_name);
		check_fds(&c, de->d_name);
	}
	closedir(dir);
	return 0;
}

bool safety__allows(const char *bdf, bool force)
{
	void (*say)(const char *fmt, ...) = force ? log__warn : log__error;
	struct safety s;
	int ret = safety__check(&s, bdf, "/sys", "/proc");

	if (ret) {
		say("%s: cannot tell whether it is in use (%s)%s", bdf, strerror(-ret),
		    force ? "" : "; --force goes on all the same");
		return force;
	}
	for (size_t i = 0; i < s.n; i++)
		say("%s is in use: %s", bdf, s.use[i]);
	if (s.more)
		say("%s is in use: and in more ways than are listed here", bdf);
	if (s.n && !force)
		log__error("%s: not touched; --force goes on all the same", bdf);
	return !s.n || force;
}
