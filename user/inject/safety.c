// SPDX-License-Identifier: GPL-2.0-only
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "log.h"
#include "safety.h"

#define MAX_NODES 32

/* Device nodes that lead to the device: who has one open uses it */
struct nodes {
	char path[MAX_NODES][PATH_MAX];
	size_t n;
};

static void add_use(struct safety *s, const char *fmt, ...)
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

static void add_node(struct nodes *n, const char *fmt, const char *name)
{
	if (n->n == MAX_NODES)
		return;
	if (snprintf(n->path[n->n], sizeof(n->path[0]), fmt, name) < (int)sizeof(n->path[0]))
		n->n++;
}

/* Calls @fn for each entry of a class whose device is below @bdf */
static int each_below(const char *sysfs, const char *class, const char *bdf,
		      void (*fn)(void *ctx, const char *dir, const char *name), void *ctx)
{
	char path[PATH_MAX], real[PATH_MAX], want[24];
	struct dirent *de;
	DIR *dir;

	snprintf(want, sizeof(want), "/%s/", bdf);
	snprintf(path, sizeof(path), "%s/class/%s", sysfs, class);
	dir = opendir(path);
	if (!dir)
		return errno == ENOENT ? 0 : -errno;
	while ((de = readdir(dir))) {
		if (de->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%s/class/%s/%s", sysfs, class, de->d_name);
		if (realpath(path, real) && strstr(real, want))
			fn(ctx, real, de->d_name);
	}
	closedir(dir);
	return 0;
}

struct check {
	struct safety *out;
	struct nodes nodes;
	const char *proc;
};

static void on_net(void *ctx, const char *dir, const char *name)
{
	struct check *c = ctx;
	char path[PATH_MAX];
	unsigned int flags = 0;
	FILE *f;

	snprintf(path, sizeof(path), "%s/flags", dir);
	f = fopen(path, "re");
	if (f && fscanf(f, "%x", &flags) == 1 && flags & 1)
		add_use(c->out, "network interface %s is up", name);
	if (f)
		fclose(f);
}

/* Does a line of a file below /proc have @word as a field? */
static bool mentioned(const char *proc, const char *file, const char *word)
{
	char path[PATH_MAX], line[4096], *save, *field;
	bool found = false;
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", proc, file);
	f = fopen(path, "re");
	while (f && !found && fgets(line, sizeof(line), f))
		for (field = strtok_r(line, " \t\n", &save); field && !found;
		     field = strtok_r(NULL, " \t\n", &save))
			found = !strcmp(field, word);
	if (f)
		fclose(f);
	return found;
}

static void on_block(void *ctx, const char *dir, const char *name)
{
	struct check *c = ctx;
	char path[PATH_MAX], number[32] = "", node[64];
	struct dirent *de;
	DIR *holders;
	FILE *f;

	snprintf(node, sizeof(node), "/dev/%s", name);
	add_node(&c->nodes, "/dev/%s", name);
	snprintf(path, sizeof(path), "%s/dev", dir);
	f = fopen(path, "re");
	if (f && fgets(number, sizeof(number), f))
		number[strcspn(number, "\n")] = '\0';
	if (f)
		fclose(f);
	if (*number && mentioned(c->proc, "self/mountinfo", number))
		add_use(c->out, "%s is mounted", node);
	if (mentioned(c->proc, "swaps", node))
		add_use(c->out, "%s is swap space", node);
	snprintf(path, sizeof(path), "%s/holders", dir);
	holders = opendir(path);
	while (holders && (de = readdir(holders)))
		if (de->d_name[0] != '.')
			add_use(c->out, "%s is part of %s", node, de->d_name);
	if (holders)
		closedir(holders);
}

static void on_vfio(void *ctx, const char *dir, const char *name)
{
	struct check *c = ctx;

	(void)dir;
	add_node(&c->nodes, "/dev/vfio/devices/%s", name);
}

static void add_group(struct check *c, const char *sysfs, const char *bdf)
{
	char path[PATH_MAX], link[PATH_MAX];
	ssize_t n;

	snprintf(path, sizeof(path), "%s/bus/pci/devices/%s/iommu_group", sysfs, bdf);
	n = readlink(path, link, sizeof(link) - 1);
	if (n <= 0)
		return;
	link[n] = '\0';
	add_node(&c->nodes, "/dev/vfio/%s", basename(link));
}

/* One process: does it have one of the nodes open? */
static void check_process(struct check *c, const char *pid)
{
	char path[PATH_MAX], link[PATH_MAX], comm[32] = "?";
	struct dirent *de;
	ssize_t n;
	DIR *dir;
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s/fd", c->proc, pid);
	dir = opendir(path);
	if (!dir)
		return;
	while ((de = readdir(dir))) {
		snprintf(path, sizeof(path), "%s/%s/fd/%s", c->proc, pid, de->d_name);
		n = readlink(path, link, sizeof(link) - 1);
		if (n <= 0)
			continue;
		link[n] = '\0';
		for (size_t i = 0; i < c->nodes.n; i++) {
			if (strcmp(link, c->nodes.path[i]))
				continue;
			snprintf(path, sizeof(path), "%s/%s/comm", c->proc, pid);
			f = fopen(path, "re");
			if (f && fgets(comm, sizeof(comm), f))
				comm[strcspn(comm, "\n")] = '\0';
			if (f)
				fclose(f);
			add_use(c->out, "process %s (%s) has %s open", pid, comm, link);
		}
	}
	closedir(dir);
}

int safety__check(struct safety *out, const char *bdf, const char *sysfs, const char *proc)
{
	struct check c = { .out = out, .proc = proc };
	struct dirent *de;
	DIR *dir;
	int ret;

	memset(out, 0, sizeof(*out));
	ret = each_below(sysfs, "net", bdf, on_net, &c);
	if (!ret)
		ret = each_below(sysfs, "block", bdf, on_block, &c);
	if (!ret)
		ret = each_below(sysfs, "vfio-dev", bdf, on_vfio, &c);
	if (ret)
		return ret;
	add_group(&c, sysfs, bdf);
	dir = opendir(proc);
	if (!dir)
		return -errno;
	while ((de = readdir(dir)))
		if (isdigit((unsigned char)de->d_name[0]))
			check_process(&c, de->d_name);
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
	if (s.n && !force)
		log__error("%s: not touched; --force goes on all the same", bdf);
	return !s.n || force;
}
