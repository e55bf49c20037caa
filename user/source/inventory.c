// SPDX-License-Identifier: GPL-2.0-only
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <pci/pci.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/event.h"
#include "inventory.h"
#include "kernel.h"
#include "lib/text.h"

#define PCI_ECAP_START	0x100
#define PCI_ECAP_ATS	0x0f
#define PCI_ATS_CONTROL	6
#define PCI_ATS_ENABLE	0x8000

/* The last part of the target of a link below @dir */
static int read_link(const char *dir, const char *name, char *buf, size_t len)
{
	char path[PATH_MAX], target[PATH_MAX];
	ssize_t n;

	if (snprintf(path, sizeof(path), "%s/%s", dir, name) >= (int)sizeof(path))
		return -ENAMETOOLONG;
	n = readlink(path, target, sizeof(target) - 1);
	if (n < 0)
		return -errno;
	target[n] = '\0';
	snprintf(buf, len, "%s", basename(target));
	return 0;
}

/* On an unpatched kernel: reads the ATS capability from configuration space */
static enum ats_state ats_from_config(const char *dir)
{
	uint8_t cfg[4096];
	char path[PATH_MAX];
	unsigned int pos = PCI_ECAP_START, hops = 0;
	ssize_t n;
	int fd;

	if (snprintf(path, sizeof(path), "%s/config", dir) >= (int)sizeof(path))
		return ATS_UNKNOWN;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return ATS_UNKNOWN;
	n = read(fd, cfg, sizeof(cfg));
	close(fd);
	if (n <= 64 && n > 0)
		return ATS_UNKNOWN;	/* needs more privileges */
	while (pos >= PCI_ECAP_START && pos + 8 <= (size_t)(n < 0 ? 0 : n) && hops++ < 480) {
		uint32_t head = cfg[pos] | cfg[pos + 1] << 8 | cfg[pos + 2] << 16 |
				(uint32_t)cfg[pos + 3] << 24;

		if ((head & 0xffff) == PCI_ECAP_ATS)
			return cfg[pos + PCI_ATS_CONTROL + 1] & (PCI_ATS_ENABLE >> 8) ?
				       ATS_ON : ATS_OFF;
		pos = head >> 20;
	}
	return ATS_UNSUPPORTED;
}

static uint32_t be32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | p[1] << 16 | p[2] << 8 | p[3];
}

/*
 * Without patches/linux: the Stream ID by the device tree's iommu-map of the
 * host bridge above: (first RID, SMMU, first Stream ID, length)... of 32 bits.
 */
static void sid_from_device_tree(struct device *d, const char *dir)
{
	char path[PATH_MAX], file[PATH_MAX + 32], *slash;
	uint8_t map[256];
	size_t n = 0;
	FILE *f = NULL;

	if (!realpath(dir, path))
		return;
	while (!f && (slash = strrchr(path, '/')) && slash != path) {
		*slash = '\0';
		snprintf(file, sizeof(file), "%s/of_node/iommu-map", path);
		f = fopen(file, "re");
	}
	if (f) {
		n = fread(map, 1, sizeof(map), f);
		fclose(f);
	}
	for (size_t i = 0; i + 16 <= n; i += 16) {
		uint32_t rid = be32(map + i), length = be32(map + i + 12);

		if (d->addr >= rid && d->addr - rid < length)
			d->sids[d->nsids++] = be32(map + i + 8) + d->addr - rid;
		if (d->nsids)
			return;
	}
}

/* The folders of the ports above the device: .../pci0000:00/0000:00:10.1/0000:02:00.0 */
static void read_ports(struct device *d, const char *dir)
{
	char real[PATH_MAX], canonical[16], *save, *p;
	uint32_t segment, addr;

	if (!realpath(dir, real))
		return;
	for (p = strtok_r(real, "/", &save); p && d->nports < INVENTORY_MAX_PORTS;
	     p = strtok_r(NULL, "/", &save))
		if (!bdf__parse(p, canonical, &segment, &addr) && segment == d->segment &&
		    addr != d->addr)
			d->ports[d->nports++] = addr;
}

static uint16_t read_id(const char *dir, const char *name)
{
	char text[32];

	return attr__line(dir, name, text, sizeof(text)) ? 0 : strtoul(text, NULL, 16);
}

static void quiet(char *fmt, ...)
{
	(void)fmt;
}

/*
 * Uses libpci for names only. pci_init() would search for a method to access devices,
 * and exit if there is none; without it these fields must be set.
 */
static struct pci_access *open_names(void)
{
	struct pci_access *names = pci_alloc();

	if (names) {
		/* pci.ids has the same names, and udev's copy leaks memory in libpci */
		pci_set_param(names, "hwdb.disable", "1");
		names->warning = quiet;
		names->debug = quiet;
	}
	return names;
}

/* Sources of names: names do not change, and libpci reads its file slowly */
struct names {
	const struct inventory *known;	/* may be NULL */
	struct pci_access *pci;		/* opened at first use */
	bool passively;			/* do not read configuration space: ATS stays as known, or unknown */
};

static const struct device *known_as(const struct device *d, const struct names *names)
{
	const struct device *known = names->known ? inventory__by_bdf(names->known, d->bdf) : NULL;

	return known && known->vendor_id == d->vendor_id && known->device_id == d->device_id ? known : NULL;
}

static void find_name(struct device *d, struct names *names)
{
	const struct device *known = known_as(d, names);

	if (known) {
		memcpy(d->name, known->name, sizeof(d->name));
		return;
	}
	if (!names->pci)
		names->pci = open_names();
	if (!names->pci || !pci_lookup_name(names->pci, d->name, sizeof(d->name),
					    PCI_LOOKUP_VENDOR | PCI_LOOKUP_DEVICE,
					    d->vendor_id, d->device_id))
		snprintf(d->name, sizeof(d->name), "%04x:%04x", d->vendor_id, d->device_id);
}

static void read_state(struct device *d, const char *dir, const struct names *names)
{
	const struct device *known = names->passively ? known_as(d, names) : NULL;
	char text[256], *p, *end;

	if (!attr__line(dir, "arm-smmu-v3/ats", text, sizeof(text))) {
		for (int s = ATS_UNSUPPORTED; s <= ATS_BROKEN; s++)
			if (!strcmp(text, ats_state__name(s)))
				d->ats = s;
	} else if (names->passively) {
		d->ats = known ? known->ats : ATS_UNKNOWN;
	} else {
		d->ats = ats_from_config(dir);
	}
	if (!attr__line(dir, "arm-smmu-v3/stream_ids", text, sizeof(text))) {
		for (p = text; *p && d->nsids < INVENTORY_MAX_SIDS; p = end) {
			d->sids[d->nsids] = strtoul(p, &end, 16);
			if (end == p)
				break;
			d->nsids++;
		}
	} else {
		sid_from_device_tree(d, dir);
	}
	if (!attr__line(dir, "iommu_state/blocked", text, sizeof(text))) {
		d->state_known = true;
		for (int b = ATCQ_BLOCKED_NO; b <= ATCQ_BLOCKED_BROKEN; b++)
			if (!strcmp(text, blocked__name(b)))
				d->blocked = b;
	}
	if (!attr__line(dir, "iommu_state/blocked_since_ns", text, sizeof(text)))
		d->blocked_since_ns = strtoull(text, NULL, 10);
}

/* -ENODEV: not behind an SMMUv3, or just removed */
static int read_device(struct device *d, const char *sysfs, const char *bdf, struct names *names)
{
	char dir[PATH_MAX], path[PATH_MAX], text[64];

	memset(d, 0, sizeof(*d));
	if (bdf__parse(bdf, d->bdf, &d->segment, &d->addr))
		return -ENODEV;
	snprintf(dir, sizeof(dir), "%s/bus/pci/devices/%s", sysfs, bdf);
	if (read_link(dir, "iommu", d->smmu_name, sizeof(d->smmu_name)) ||
	    strncmp(d->smmu_name, SMMU_PREFIX, strlen(SMMU_PREFIX)))
		return -ENODEV;
	snprintf(path, sizeof(path), "%s/class/iommu/%s/arm-smmu-v3", sysfs, d->smmu_name);
	d->smmu = attr__line(path, "index", text, sizeof(text)) ? ATCQ_NONE : strtoul(text, NULL, 10);
	d->group = read_link(dir, "iommu_group", text, sizeof(text)) ? -1 : atoi(text);
	read_link(dir, "driver", d->driver, sizeof(d->driver));
	d->vendor_id = read_id(dir, "vendor");
	d->device_id = read_id(dir, "device");
	find_name(d, names);
	read_state(d, dir, names);
	read_ports(d, dir);
	return 0;
}

struct smmu_count { size_t n; uint32_t slots; };

static int count_smmu(void *ctx, const char *name, uint32_t index)
{
	struct smmu_count *c = ctx;

	(void)name;
	c->n++;
	if (index != ATCQ_NONE && index >= c->slots)
		c->slots = index + 1;
	return 0;
}

/* The number of SMMUv3s; *slots: the highest index plus 1 */
static size_t count_smmus(const char *sysfs, uint32_t *slots)
{
	struct smmu_count c = { 0 };

	smmus__each(sysfs, count_smmu, &c);
	*slots = c.slots;
	return c.n;
}

uint32_t inventory__smmu_slots(const char *sysfs)
{
	uint32_t slots, n = count_smmus(sysfs, &slots);

	slots = n > slots ? n : slots;
	return slots < 1 ? 1 : slots > 256 ? 256 : slots;
}

static int by_addr(const void *a, const void *b)
{
	const struct device *l = a, *r = b;

	return strcmp(l->bdf, r->bdf);
}

static int read_all(struct inventory *inv, const char *sysfs, const struct inventory *known, bool passively)
{
	struct names names = { .known = known, .passively = passively };
	char path[PATH_MAX];
	size_t capacity = 0;
	struct dirent *de;
	uint32_t slots;
	DIR *dir;
	int ret = 0;

	memset(inv, 0, sizeof(*inv));
	inv->nsmmu = count_smmus(sysfs, &slots);
	if (!inv->nsmmu)
		return 0;
	snprintf(path, sizeof(path), "%s/bus/pci/devices", sysfs);
	dir = opendir(path);
	if (!dir)
		return errno == ENOENT ? 0 : -errno;
	while ((de = readdir(dir))) {
		if (de->d_name[0] == '.')
			continue;
		if (inv->ndev == capacity) {
			struct device *grown = realloc(inv->dev, (capacity + 64) * sizeof(*grown));

			if (!grown) {
				ret = -ENOMEM;
				break;
			}
			inv->dev = grown;
			capacity += 64;
		}
		if (!read_device(&inv->dev[inv->ndev], sysfs, de->d_name, &names))
			inv->ndev++;
	}
	closedir(dir);
	if (names.pci)
		pci_cleanup(names.pci);
	if (inv->ndev)
		qsort(inv->dev, inv->ndev, sizeof(*inv->dev), by_addr);
	return ret;
}

int inventory__read(struct inventory *inv, const char *sysfs)
{
	return read_all(inv, sysfs, NULL, false);
}

static int reread(struct inventory *inv, const char *sysfs, bool passively)
{
	struct inventory before = *inv;
	int ret = read_all(inv, sysfs, &before, passively);

	inventory__free(&before);
	return ret;
}

int inventory__reread(struct inventory *inv, const char *sysfs)
{
	return reread(inv, sysfs, false);
}

int inventory__reread_passively(struct inventory *inv, const char *sysfs)
{
	return reread(inv, sysfs, true);
}

/* Reads the state of devices again, at low cost. */

/*
 * A hash of the list of devices. A device that was removed and added again has a new
 * inode. The order of the folder does not matter.
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

/* The first line of an attribute of @bdf; false: it does not exist */
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

/* For a device that publishes its state, reading these files does not access the device */
static void update_device(int devices, struct device *d)
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

int inventory__refresh(struct inventory *inv, const char *sysfs, size_t most, struct inventory_scan *scan)
{
	uint64_t listing;
	char path[PATH_MAX];
	int devices, ret;

	*scan = (struct inventory_scan){ .from = 0 };
	snprintf(path, sizeof(path), "%s/bus/pci/devices", sysfs);
	devices = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (devices < 0)
		return errno == ENOENT ? 0 : -errno;
	ret = list(devices, &listing);
	if (!ret && listing == inv->listing && inv->ndev) {
		scan->from = inv->turn;
		scan->n = inv->ndev < most ? inv->ndev : most;
		for (size_t i = 0; i < scan->n; i++, inv->turn = (inv->turn + 1) % inv->ndev)
			update_device(devices, &inv->dev[inv->turn]);
	} else if (!ret && listing != inv->listing) {
		scan->changed = true;
		ret = inventory__reread_passively(inv, sysfs);
		scan->n = inv->ndev;
		inv->listing = ret ? 0 : listing;
	}
	close(devices);
	return ret;
}
