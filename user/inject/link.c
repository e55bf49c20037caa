// SPDX-License-Identifier: GPL-2.0-only
#include <dirent.h>
#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <pci/pci.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "core/event.h"
#include "lib/log.h"
#include "link.h"
#include "source/inventory.h"

/* PCIe base spec 6.6.1: configuration requests only 100 ms after the link is up */
#define SETTLE_MS	100
#define LINK_UP_MS	2000
#define ANSWER_MS	5000

struct link {
	char sysfs[PATH_MAX / 2];
	char name[16];		/* of the port */
	struct pci_access *pci;
	struct pci_dev *port;
	unsigned int exp;	/* where its PCIe capability is */
	struct pci_state *below;
	size_t n;
};

static void __attribute__((format(printf, 1, 2))) on_warning(char *fmt, ...)
{
	char text[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	log__debug("libpci: %s", text);
}

static void attr_path(const struct link *l, char path[PATH_MAX], const char *bdf, const char *attr)
{
	snprintf(path, PATH_MAX, "%s/bus/pci/devices/%s%s", l->sysfs, bdf, attr);
}

static struct pci_dev *get_dev(const struct link *l, const char *bdf)
{
	uint32_t segment, addr;
	char whole[16];

	if (bdf__parse(bdf, whole, &segment, &addr))
		return NULL;
	return pci_get_dev(l->pci, segment, addr >> 8, addr >> 3 & 0x1f, addr & 7);
}

/* The bridge above @bdf, by the tree that sysfs shows */
static int find_port(struct link *l, const char *bdf, struct error *err)
{
	char path[PATH_MAX], real[PATH_MAX], whole[16];
	uint32_t segment, addr;

	attr_path(l, path, bdf, "");
	if (!realpath(path, real))
		return error__set(err, -ENOENT, "%s: there is no such PCI device", bdf);
	snprintf(path, sizeof(path), "%s", basename(dirname(real)));
	if (bdf__parse(path, whole, &segment, &addr) || strcmp(path, whole))
		return error__set(err, -EINVAL, "%s is not behind a PCIe port: there is no link to disable", bdf);
	snprintf(l->name, sizeof(l->name), "%s", whole);
	attr_path(l, path, l->name, "/config");
	if (access(path, R_OK | W_OK))
		return error__set(err, -EACCES, "port %s: %s%s", l->name, strerror(errno),
				  errno == EACCES || errno == EPERM ? " (needs root)" : "");
	return 0;
}

static int open_port(struct link *l, struct error *err)
{
	char path[PATH_MAX];

	l->pci = pci_alloc();
	l->pci->method = PCI_ACCESS_SYS_BUS_PCI;
	l->pci->warning = on_warning;
	snprintf(path, sizeof(path), "%s/bus/pci", l->sysfs);
	pci_set_param(l->pci, "sysfs.path", path);
	pci_init(l->pci);
	l->port = get_dev(l, l->name);
	if (l->port)
		return 0;
	return error__set(err, -ENOENT, "port %s: libpci does not find it", l->name);
}

static int check_port(struct link *l, const char *bdf, struct error *err)
{
	struct pci_cap *exp = pci_find_cap(l->port, PCI_CAP_ID_EXP, PCI_CAP_NORMAL);
	unsigned int flags = exp ? pci_read_word(l->port, exp->addr + PCI_EXP_FLAGS) : 0;
	unsigned int type = (flags & PCI_EXP_FLAGS_TYPE) >> 4;

	if (!exp || (type != PCI_EXP_TYPE_ROOT_PORT && type != PCI_EXP_TYPE_DOWNSTREAM))
		return error__set(err, -EINVAL, "%s is behind %s, which is no PCIe port with a link", bdf, l->name);
	l->exp = exp->addr;
	if (flags & PCI_EXP_FLAGS_SLOT &&
	    pci_read_long(l->port, l->exp + PCI_EXP_SLTCAP) & PCI_EXP_SLTCAP_HPC)
		return error__set(err, -EINVAL, "%s is behind port %s, a hot-plug slot: there, disabling the link means that the device is removed",
				  bdf, l->name);
	if (pci_read_word(l->port, l->exp + PCI_EXP_LNKCTL) & PCI_EXP_LNKCTL_DISABLE)
		return error__set(err, -EINVAL, "the link below port %s is disabled already; 'atcq inject --status' shows whether atcq did it", l->name);
	return 0;
}

static int add_function(struct link *l, const char *bdf)
{
	struct pci_state *more = realloc(l->below, (l->n + 1) * sizeof(*more));

	if (!more)
		return -ENOMEM;
	l->below = more;
	memset(&more[l->n], 0, sizeof(*more));
	snprintf(more[l->n].bdf, sizeof(more->bdf), "%.15s", bdf);
	more[l->n].dev = get_dev(l, bdf);
	if (more[l->n].dev)
		l->n++;
	return 0;
}

static int by_address(const void *a, const void *b)
{
	const struct pci_state *x = a, *y = b;

	return strcmp(x->bdf, y->bdf);
}

static int find_below(struct link *l)
{
	char path[PATH_MAX], real[PATH_MAX], below[24];
	struct dirent *de;
	int ret = 0;
	DIR *dir;

	snprintf(below, sizeof(below), "/%s/", l->name);
	attr_path(l, path, "", "");
	dir = opendir(path);
	if (!dir)
		return -errno;
	while (!ret && (de = readdir(dir))) {
		attr_path(l, path, de->d_name, "");
		if (de->d_name[0] != '.' && realpath(path, real) && strstr(real, below))
			ret = add_function(l, de->d_name);
	}
	closedir(dir);
	/* A bridge's address sorts before what is below it: the order to restore in */
	if (l->n)
		qsort(l->below, l->n, sizeof(*l->below), by_address);
	return ret;
}

int link__open(struct link **out, const char *bdf, const char *sysfs, struct error *err)
{
	struct link *l = calloc(1, sizeof(*l));
	int ret;

	*out = NULL;
	if (!l)
		return -ENOMEM;
	snprintf(l->sysfs, sizeof(l->sysfs), "%s", sysfs);
	ret = find_port(l, bdf, err);
	if (!ret)
		ret = open_port(l, err);
	if (!ret)
		ret = check_port(l, bdf, err);
	if (!ret) {
		ret = find_below(l);
		if (ret)
			error__describe(err, "what is below port %s: %s", l->name, strerror(-ret));
	}
	if (ret)
		link__free(l);
	else
		*out = l;
	return ret;
}

void link__free(struct link *l)
{
	if (!l)
		return;
	for (size_t i = 0; i < l->n; i++)
		pci_free_dev(l->below[i].dev);
	if (l->port)
		pci_free_dev(l->port);
	if (l->pci)
		pci_cleanup(l->pci);
	free(l->below);
	free(l);
}

const char *link__port(const struct link *l)
{
	return l->name;
}

size_t link__count(const struct link *l)
{
	return l->n;
}

const char *link__function(const struct link *l, size_t i)
{
	return l->below[i].bdf;
}

void link__save(struct link *l)
{
	for (size_t i = 0; i < l->n; i++) {
		char bdf[16];

		snprintf(bdf, sizeof(bdf), "%s", l->below[i].bdf);
		pci_state__save(&l->below[i], l->below[i].dev, bdf);
	}
}

static bool set_disabled(struct link *l, bool disabled)
{
	unsigned int pos = l->exp + PCI_EXP_LNKCTL, now = pci_read_word(l->port, pos);

	pci_write_word(l->port, pos, disabled ? now | PCI_EXP_LNKCTL_DISABLE : now & ~PCI_EXP_LNKCTL_DISABLE);
	now = pci_read_word(l->port, pos);
	return now != 0xffff && !(now & PCI_EXP_LNKCTL_DISABLE) == !disabled;
}

int link__disable(struct link *l, struct error *err)
{
	if (set_disabled(l, true))
		return 0;
	return error__set(err, -EIO, "port %s does not take Link Disable", l->name);
}

static void sleep_ms(unsigned int ms)
{
	struct timespec ts = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000l };

	while (nanosleep(&ts, &ts) && errno == EINTR)
		;
}

/* Where the port does not report it, the time that Linux waits in that case has to do */
static bool wait_link(const struct link *l)
{
	if (!(pci_read_long(l->port, l->exp + PCI_EXP_LNKCAP) & PCI_EXP_LNKCAP_DLLA)) {
		sleep_ms(1000);
		return true;
	}
	for (unsigned int ms = 0; ms < LINK_UP_MS; ms += 10) {
		if (pci_read_word(l->port, l->exp + PCI_EXP_LNKSTA) & PCI_EXP_LNKSTA_DL_ACT)
			return true;
		sleep_ms(10);
	}
	return false;
}

/* Is the device out of use until it is reset? Then ATS is off and is to stay so */
static bool is_fenced(const struct link *l, const char *bdf)
{
	char path[PATH_MAX], text[32] = "no";
	FILE *f;

	attr_path(l, path, bdf, "/iommu_state/blocked");
	f = fopen(path, "re");
	if (f && !fgets(text, sizeof(text), f))
		strcpy(text, "?");
	if (f)
		fclose(f);
	return strncmp(text, "no", 2);
}

static void restore_function(const struct link *l, const struct pci_state *s, struct link_result *res)
{
	char path[PATH_MAX];

	attr_path(l, path, s->bdf, "");
	if (access(path, F_OK)) {
		res->removed++;
		return;
	}
	for (unsigned int ms = 0; !pci_state__answers(s); ms += 10) {
		if (ms >= ANSWER_MS) {
			res->silent++;
			return;
		}
		sleep_ms(10);
	}
	if (!pci_state__lost(s))
		return;
	res->rewritten++;
	if (pci_state__restore(s, !is_fenced(l, s->bdf)))
		res->partial++;
}

int link__restore(struct link *l, struct link_result *res, struct error *err)
{
	char path[PATH_MAX];

	memset(res, 0, sizeof(*res));
	attr_path(l, path, l->name, "/config");
	if (access(path, F_OK)) {
		res->removed = l->n;
		return 0;
	}
	if (!set_disabled(l, false))
		return error__set(err, -EIO, "the link below port %s cannot be enabled; 'setpci -s %s CAP_EXP+10.w=0:10' would have to",
				  l->name, l->name);
	if (!wait_link(l))
		return error__set(err, -ETIMEDOUT, "the link below port %s is enabled but does not come up", l->name);
	sleep_ms(SETTLE_MS);
	for (size_t i = 0; i < l->n; i++)
		restore_function(l, &l->below[i], res);
	if (!res->silent)
		return 0;
	return error__set(err, -ETIMEDOUT, "%u function(s) below port %s do not answer although the link is up",
			  res->silent, l->name);
}
