// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who uses the nodes and file systems of a device, as /proc has it: mounts, swap, open
 * files. A process that cannot be looked into may be one that does.
 */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <linux/capability.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "in_use_internal.h"

/* The numbers of the initial namespaces, in include/linux/proc_ns.h */
#define INIT_USER_NS	"user:[4026531837]"
#define INIT_PID_NS	"pid:[4026531836]"

/* A process, or one of its threads */
struct process {
	char dir[64];			/* below /proc: "7", "7/task/9" */
	char pid[24], comm[32];
};

/* @err: why something of the process cannot be looked at; that it has ended is none */
static void report_unreadable(struct check *c, const struct process *p, const char *at, int err)
{
	if (err == ENOENT || err == ESRCH)
		return;
	if (err != EACCES && err != EPERM) {
		use__blind(c, "process %s (%s): its %s cannot be read: %s", p->pid, p->comm, at, strerror(err));
		return;
	}
	/* The first is enough: there are as many as processes */
	if (!c->blind)
		use__blind(c, "process %s (%s) cannot be looked into although this has CAP_SYS_PTRACE: %s", p->pid,
			   p->comm, strerror(err));
	c->blind = true;
}

static struct node *find_node(struct check *c, unsigned int maj, unsigned int min, bool block)
{
	for (size_t i = 0; i < c->nnodes; i++)
		if (c->node[i].maj == maj && c->node[i].min == min && c->node[i].block == block)
			return &c->node[i];
	return NULL;
}

static bool has_block(const struct check *c)
{
	for (size_t i = 0; i < c->nnodes; i++)
		if (c->node[i].block)
			return true;
	return false;
}

/* stat() of a path that asks no server of a network file system; 0 or -errno */
static int type_of(int at, const char *path, struct statx *stx)
{
	return statx(at, path, AT_STATX_DONT_SYNC | AT_NO_AUTOMOUNT, STATX_TYPE, stx) ? -errno : 0;
}

static struct node *node_of(struct check *c, const struct statx *stx)
{
	if (!S_ISBLK(stx->stx_mode) && !S_ISCHR(stx->stx_mode))
		return NULL;
	return find_node(c, stx->stx_rdev_major, stx->stx_rdev_minor, S_ISBLK(stx->stx_mode));
}

static void check_mount(struct check *c, char *line)
{
	char type[64], source[PATH_MAX], *dash = strstr(line, " - ");
	unsigned int maj, min;
	struct statx stx;
	struct node *n;

	if (!dash || sscanf(line, "%*u %*u %u:%u", &maj, &min) != 2 ||
	    sscanf(dash, " - %63s %4095s", type, source) != 2)
		return;
	n = find_node(c, maj, min, true);
	/* btrfs and others have a device number of their own: the mount's source names the disk */
	if (!n && source[0] == '/' && !type_of(AT_FDCWD, source, &stx))
		n = node_of(c, &stx);
	if (n && n->block && !n->mounted) {
		n->mounted = true;
		use__seen(c, "/dev/%s is mounted", n->name);
	}
	for (size_t i = 0; i < c->ntags; i++)
		if ((!strcmp(type, "9p") || !strcmp(type, "virtiofs")) && !strcmp(source, c->tag[i]))
			use__seen(c, "the file system '%s' (%s) is mounted", source, type);
}

/* Has another process the same mounts below its root? A chroot hides those above it */
static bool seen_before(struct check *c, const struct process *p)
{
	struct view view = { 0 };
	char path[PATH_MAX];
	struct statx root;
	struct stat ns;

	snprintf(path, sizeof(path), "%s/%s/ns/mnt", c->proc, p->dir);
	if (stat(path, &ns))
		return false;
	snprintf(path, sizeof(path), "%s/%s/root", c->proc, p->dir);
	if (statx(AT_FDCWD, path, AT_STATX_DONT_SYNC, STATX_INO | STATX_MNT_ID, &root))
		return false;
	view.ns = ns.st_ino;
	view.dev_major = root.stx_dev_major;
	view.dev_minor = root.stx_dev_minor;
	view.ino = root.stx_ino;
	view.mount = root.stx_mnt_id;
	for (size_t i = 0; i < c->nseen; i++)
		if (!memcmp(&c->seen[i], &view, sizeof(view)))
			return true;
	if (c->nseen < MAX_VIEWS)
		c->seen[c->nseen++] = view;
	return false;
}

static void check_mounts(struct check *c, const struct process *p)
{
	char path[PATH_MAX], *line = NULL;
	size_t len = 0;
	FILE *f;

	if (seen_before(c, p))
		return;
	snprintf(path, sizeof(path), "%s/%s/mountinfo", c->proc, p->dir);
	f = fopen(path, "re");
	if (!f) {
		/* EINVAL: a zombie has no mounts */
		if (errno != EINVAL)
			report_unreadable(c, p, "mounts", errno);
		return;
	}
	while (getline(&line, &len, f) > 0)
		check_mount(c, line);
	if (ferror(f))
		report_unreadable(c, p, "mounts", errno);
	free(line);
	fclose(f);
}

/* Is @path, "/sys/devices/.../0000:01:00.0", the device, below it, or a virtual function of it? */
static bool is_ours(const struct check *c, char *path)
{
	char below[24], link[PATH_MAX], target[PATH_MAX];
	ssize_t n;

	path[strcspn(path, "\n")] = '\0';
	snprintf(below, sizeof(below), "/%s/", c->bdf);
	if (strstr(path, below) || !strcmp(basename(path), c->bdf))
		return true;
	snprintf(link, sizeof(link), "%s/bus/pci/devices/%s/physfn", c->sysfs, basename(path));
	n = readlink(link, target, sizeof(target) - 1);
	if (n < 0)
		return false;
	target[n] = '\0';
	return !strcmp(basename(target), c->bdf);
}

/*
 * Whose group node is closed may still have the device open. Its fdinfo names the
 * device (since v6.18); without that, it may be ours.
 */
static void check_vfio_fd(struct check *c, int dir, const struct process *p, const char *fd)
{
	char path[PATH_MAX], link[64], line[PATH_MAX];
	bool named = false, ours = false;
	ssize_t n = readlinkat(dir, fd, link, sizeof(link) - 1);
	FILE *f;

	if (n <= 0 || !c->vfio)
		return;
	link[n] = '\0';
	if (strcmp(link, "anon_inode:[vfio-device]"))
		return;
	snprintf(path, sizeof(path), "%s/%s/fdinfo/%s", c->proc, p->dir, fd);
	f = fopen(path, "re");
	while (f && fgets(line, sizeof(line), f)) {
		if (strncmp(line, "vfio-device-syspath:", 20))
			continue;
		named = true;
		ours = is_ours(c, line + 20 + strspn(line + 20, " \t"));
	}
	if (f)
		fclose(f);
	if (ours)
		use__seen(c, "process %s (%s) has it open through VFIO", p->pid, p->comm);
	else if (!named)
		use__assumed(c, "process %s (%s) has a device, perhaps this one, open through VFIO", p->pid, p->comm);
}

/*
 * A driver that registers its nodes past the driver core (nvidia's does) has no entry for
 * them in sysfs, which so does not show whose they are. Neither have the terminals of devpts.
 */
static bool is_unlisted(const struct check *c, const struct statx *stx)
{
	char path[PATH_MAX];

	if (!*c->driver || !S_ISCHR(stx->stx_mode) || (stx->stx_rdev_major >= 136 && stx->stx_rdev_major <= 143))
		return false;
	snprintf(path, sizeof(path), "%s/dev/char/%u:%u", c->sysfs, stx->stx_rdev_major, stx->stx_rdev_minor);
	return access(path, F_OK);
}

/*
 * What an open file is. Another user's FUSE file system does not show it even to root, but has
 * no devices: who is not root mounts it with nodev.
 */
static int type_of_fd(struct check *c, int dir, const struct process *p, const char *fd, struct statx *stx)
{
	char path[PATH_MAX];
	struct statfs fs;
	int ret = type_of(dir, fd, stx);

	if (ret != -EACCES)
		return ret;
	snprintf(path, sizeof(path), "%s/%s/fd/%s", c->proc, p->dir, fd);
	return !statfs(path, &fs) && fs.f_type == FUSE_SUPER_MAGIC ? -ENOENT : ret;
}

/* The open files of a process; false if it is seen to have none */
static bool check_fds(struct check *c, const struct process *p)
{
	bool reported[MAX_NODES] = { false }, any = false, unlisted = false;
	char path[PATH_MAX];
	struct dirent *de;
	struct statx stx;
	struct node *n;
	DIR *dir;
	int ret;

	snprintf(path, sizeof(path), "%s/%s/fd", c->proc, p->dir);
	dir = opendir(path);
	if (!dir) {
		report_unreadable(c, p, "open files", errno);
		return true;
	}
	while ((errno = 0, de = readdir(dir))) {
		if (!isdigit((unsigned char)de->d_name[0]))
			continue;
		any = true;
		check_vfio_fd(c, dirfd(dir), p, de->d_name);
		ret = type_of_fd(c, dirfd(dir), p, de->d_name, &stx);
		if (ret) {
			report_unreadable(c, p, "open files", -ret);
			continue;
		}
		n = node_of(c, &stx);
		if (!n && !unlisted && is_unlisted(c, &stx)) {
			unlisted = true;
			use__assumed(c, "process %s (%s) has character device %u:%u open, which sysfs does not know: perhaps one of driver %s",
				     p->pid, p->comm, stx.stx_rdev_major, stx.stx_rdev_minor, c->driver);
		}
		if (!n || reported[n - c->node])
			continue;
		reported[n - c->node] = true;
		use__seen(c, "process %s (%s) has %s %s open", p->pid, p->comm, isdigit((unsigned char)n->name[0]) ?
			  "VFIO group" : n->block ? "block device" : "character device", n->name);
	}
	if (errno)
		report_unreadable(c, p, "open files", errno);
	closedir(dir);
	return any;
}

static void check_process(struct check *c, const char *pid)
{
	char path[PATH_MAX];
	struct process p = { .comm = "?" };
	struct dirent *de;
	DIR *tasks;

	snprintf(p.pid, sizeof(p.pid), "%s", pid);
	snprintf(p.dir, sizeof(p.dir), "%s", p.pid);
	snprintf(path, sizeof(path), "%s/%s/comm", c->proc, p.pid);
	in_use__line(path, p.comm, sizeof(p.comm));
	check_mounts(c, &p);
	if (check_fds(c, &p))
		return;
	/* The files are not seen there any more if the first of several threads has ended */
	snprintf(path, sizeof(path), "%s/%s/task", c->proc, p.pid);
	tasks = opendir(path);
	while (tasks && (de = readdir(tasks))) {
		if (!isdigit((unsigned char)de->d_name[0]) || !strcmp(de->d_name, p.pid))
			continue;
		snprintf(p.dir, sizeof(p.dir), "%s/task/%.20s", p.pid, de->d_name);
		check_mounts(c, &p);
		check_fds(c, &p);
	}
	if (tasks)
		closedir(tasks);
}

static void check_swap(struct check *c)
{
	char path[PATH_MAX], line[PATH_MAX];
	struct statx stx;
	struct node *n;
	FILE *f;
	int ret;

	snprintf(path, sizeof(path), "%s/swaps", c->proc);
	f = fopen(path, "re");
	if (!f) {
		ret = errno;
		snprintf(path, sizeof(path), "%s/version", c->proc);
		/* A kernel without swap has everything else */
		if (ret != ENOENT || access(path, F_OK))
			use__blind(c, "%s/swaps cannot be read: %s%s", c->proc, strerror(ret),
				   ret == ENOENT ? " (mounted with subset=pid? 'mount -t proc proc /proc' shows all)" : "");
		return;
	}
	while (fgets(line, sizeof(line), f)) {
		line[strcspn(line, " \t\n")] = '\0';
		if (line[0] != '/')
			continue;
		ret = type_of(AT_FDCWD, line, &stx);
		n = ret ? NULL : node_of(c, &stx);
		if (n)
			use__seen(c, "/dev/%s is swap space", n->name);
		else if (ret && has_block(c))
			use__assumed(c, "where the swap space %s is cannot be determined: %s", line, strerror(-ret));
	}
	fclose(f);
}

/* Is @link what it is in the initial namespace? 1, 0, or -errno; 1 in a kernel that has no @own */
static int is_initial(struct check *c, const char *own, const char *link, const char *initial)
{
	char path[PATH_MAX], target[64];
	ssize_t n;

	snprintf(path, sizeof(path), "%s/%s", c->proc, own);
	if (readlink(path, target, sizeof(target)) < 0 && errno == ENOENT)
		return 1;
	snprintf(path, sizeof(path), "%s/%s", c->proc, link);
	n = readlink(path, target, sizeof(target) - 1);
	if (n < 0)
		return -errno;
	target[n] = '\0';
	return !strcmp(target, initial);
}

/* The effective capabilities; false: /proc does not show them */
static bool read_capabilities(struct check *c, unsigned long long *caps)
{
	char path[PATH_MAX], line[256];
	bool found = false;
	FILE *f;

	snprintf(path, sizeof(path), "%s/self/status", c->proc);
	f = fopen(path, "re");
	while (f && !found && fgets(line, sizeof(line), f))
		found = sscanf(line, "CapEff: %llx", caps) == 1;
	if (f)
		fclose(f);
	return found;
}

/* Can this process look into all others? False: there is no use in trying any */
static bool check_privilege(struct check *c)
{
	unsigned long long caps;
	int whole;

	if (!read_capabilities(c, &caps)) {
		use__blind(c, "%s does not show this process: is it mounted ('mount -t proc proc /proc')?", c->proc);
		return false;
	}
	if (!(caps >> CAP_SYS_PTRACE & 1)) {
		c->blind = true;
		use__blind(c, "processes of other users cannot be looked into (needs CAP_SYS_PTRACE)");
	} else if (is_initial(c, "self/ns/user", "self/ns/user", INIT_USER_NS) != 1) {
		c->blind = true;
		use__blind(c, "processes outside of this user namespace cannot be looked into (needs CAP_SYS_PTRACE in the initial one)");
	}
	whole = is_initial(c, "self/ns/pid", "1/ns/pid", INIT_PID_NS);
	if (whole == -EACCES)
		report_unreadable(c, &(struct process) { .pid = "1", .comm = "init" }, "namespaces", EACCES);
	else if (whole != 1 && !c->blind)
		use__blind(c, "%s does not show the processes outside of a PID namespace; run it outside of the container", c->proc);
	return true;
}

void in_use__users(struct check *c)
{
	struct dirent *de;
	DIR *dir;

	if (!check_privilege(c))
		return;
	check_swap(c);
	dir = opendir(c->proc);
	if (!dir)
		use__blind(c, "%s cannot be read: %s", c->proc, strerror(errno));
	while (dir && (de = readdir(dir)))
		if (isdigit((unsigned char)de->d_name[0]))
			check_process(c, de->d_name);
	if (dir)
		closedir(dir);
}
