/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The PCI devices behind SMMUv3s as sysfs tells them, now.  Reads no device's
 * registers except the ATS capability in configuration space, and that only
 * for devices that do not publish their state (kernels without patches/linux).
 */
#ifndef ATCQ_INVENTORY_H
#define ATCQ_INVENTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <atcq/event.h>

#define INVENTORY_MAX_SIDS 16
#define INVENTORY_MAX_PORTS 8

enum ats_state { ATS_UNKNOWN, ATS_UNSUPPORTED, ATS_OFF, ATS_ON, ATS_BROKEN };

struct device {
	char bdf[16];			/* "0000:01:00.0" */
	uint32_t segment, addr;		/* addr: bus << 8 | devfn */
	uint16_t vendor_id, device_id;
	char name[96];			/* libpci's "vendor device", or the ids */
	char driver[32];		/* "" = none bound */
	char smmu_name[64];		/* as in /sys/class/iommu */
	uint32_t smmu;			/* index, ATCQ_NONE if the kernel does not say */
	int group;			/* IOMMU group, -1 = none */
	uint32_t sids[INVENTORY_MAX_SIDS];
	size_t nsids;			/* 0: the kernel does not say */
	uint32_t ports[INVENTORY_MAX_PORTS];	/* addresses of those above it, from the root on */
	size_t nports;
	enum ats_state ats;
	bool state_known;		/* blocked and since come from the kernel (Q21) */
	enum atcq_blocked blocked;
	uint64_t blocked_since_ns;	/* CLOCK_BOOTTIME, 0 = not blocked */
};

struct inventory {
	struct device *dev;
	size_t ndev;
	size_t nsmmu;			/* SMMUv3 instances, with or without devices */
	/* inventory__refresh(): which devices there were, and whose turn it is */
	uint64_t listing;
	size_t turn;
};

/*
 * @sysfs: mount point, "/sys" but for tests.  Returns 0 or -errno; a machine
 * without an SMMUv3 is 0 with nsmmu == 0.  A device that vanishes meanwhile is
 * left out.  Free with inventory__free().
 */
int inventory__read(struct inventory *inv, const char *sysfs);
/* The same for one that was read before, which it replaces; faster */
int inventory__reread(struct inventory *inv, const char *sysfs);
/*
 * The same without touching any device: on kernels without patches/linux, whether a
 * device has ATS is what was known of it before, or unknown.
 */
int inventory__reread_passively(struct inventory *inv, const char *sysfs);
/*
 * For who looks often. If devices have come or gone since the last call (or it is the
 * first) everything is read passively. Else of at most @most devices, in turns, what may
 * have changed: driver, ATS, why it is blocked; those are @n devices from @from on, and
 * go on with the first behind the last.
 */
struct inventory_look { bool changed; size_t from, n; };
int inventory__refresh(struct inventory *inv, const char *sysfs, size_t most, struct inventory_look *looked);
/* @from's devices as they are known, to be freed on their own; 0 or -ENOMEM */
int inventory__copy(struct inventory *out, const struct inventory *from);
void inventory__free(struct inventory *inv);

/* How long an array has to be that is indexed by SMMU; at least 1 */
uint32_t inventory__smmu_slots(const char *sysfs);

const struct device *inventory__by_bdf(const struct inventory *inv, const char *bdf);
const struct device *inventory__by_addr(const struct inventory *inv, uint32_t segment, uint32_t addr);
/* A device whose SMMU's index the kernel does not tell matches any */
const struct device *inventory__by_sid(const struct inventory *inv, uint32_t smmu, uint32_t sid);

/* Is @port one of those above @device? */
bool inventory__is_above(const struct inventory *inv, uint32_t segment, uint32_t port, uint32_t device);

/*
 * "1:0.0", "01:00.0", "0000:01:00.0" -> canonical; -EINVAL for anything else, a sign, a
 * space or one digit too many included: another device would be meant than is written.
 */
int bdf__parse(const char *text, char out[16], uint32_t *segment, uint32_t *addr);

const char *ats_state__name(enum ats_state s);
/* The same, "healthy" for not blocked, "unknown" where the kernel does not tell */
const char *device__state_name(const struct device *d);
const char *blocked__name(enum atcq_blocked b);	/* "no", "resetting", "reset-failed", "broken" */

#endif
